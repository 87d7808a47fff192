// The documents of batch_jobs.hpp: one for each job.
#include <algorithm>

#include "aws/local/sagemaker/batch/batch_jobs.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::string_view kept_job = "job";

}  // namespace

template <class Fields>
void fields(Fields& f, batch_job& j) {
    f("name", j.name), f("created", j.created), f("body", j.body), f("tags", j.tags);
    f("instances", j.instances), f("failure_reason", j.failure_reason), f("timeline", j.timeline);
    f("told", j.told);
}

void batch_jobs::touched(const region_key& where, const batch_job& job) {
    touch(kept_job, where.first, where.second, job.name);
}

std::optional<std::string> batch_jobs::document(std::string_view key) {
    kept_key_reader names{key};
    names.next();
    const account_id account{names.next()};
    const region_name region{names.next()};
    const auto in = regions_.find({account, region});
    const batch_job* const job = in == regions_.end() ? nullptr : in->second.index.find(names.rest());
    if (job == nullptr) return std::nullopt;
    return kept::text_of(std::pair{in->second.index.number_of(job->name), *job});
}

bool batch_jobs::take_back(std::string_view key, json::value v) {
    kept_key_reader names{key};
    std::pair<std::uint64_t, batch_job> read;
    if (names.next() != kept_job || !kept::read(v, read)) return false;
    const account_id account{names.next()};
    const region_name region{names.next()};
    const region_key where{account, region};
    region_jobs& in = regions_.try_emplace(where, parts_.hidden_for).first->second;
    const unsigned told = read.second.told;
    const batch_job* const job = in.index.restore(std::move(read.second), read.first);
    if (job == nullptr || names.rest() != job->name) return false;
    // What ended in the meantime gives back at the next look at the time.
    parts_.quotas.hold(account, region, kind_.use, job->instances);
    in.ends.emplace(job->timeline.end(), job->name);
    if (told == 0) changes_.emplace(job->created, change{where, job->name, batch_status::in_progress});
    const auto& stopping = job->timeline.stopping();
    if (stopping && told <= 1) changes_.emplace(*stopping, change{where, job->name, batch_status::stopping});
    if (told <= (stopping ? 2U : 1U))
        changes_.emplace(job->timeline.end(), change{where, job->name, job->timeline.outcome()});
    return true;
}

}  // namespace trainyard::aws::local::sagemaker
