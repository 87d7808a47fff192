// The documents of tuning_service.hpp: one for each job, and one for each of its trials, as a job may have
// thousands.
#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "aws/local/sagemaker/training/training_kept.hpp"
#include "aws/local/sagemaker/tuning/tuning_service.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::string_view kept_job = "1job", kept_trial = "2trial";

std::string trial_name(std::string_view job, std::size_t number) {
    return fmt::format("{}/{:08}", job, number);
}

}  // namespace

template <class Fields>
void fields(Fields& f, training_state& s) {
    std::string status{s.status}, secondary{s.secondary_status};
    f("status", status), f("secondary_status", secondary);
    s.status = job_timeline::literal(status), s.secondary_status = job_timeline::literal(secondary);
    f("ended", s.ended), f("failure_reason", s.failure_reason), f("created", s.created);
    f("training_start", s.training_start), f("training_end", s.training_end);
    f("next_change", s.next_change);
}

template <class Fields>
void fields(Fields& f, trial& t) {
    f("name", t.name), f("values", t.values), f("quality", t.quality), f("metric", t.metric);
    f("state", t.state), f("stop_asked", t.stop_asked), f("stops_early_at", t.stops_early_at);
}

template <class Fields>
void fields(Fields& f, observation& o) {
    f("positions", o.positions), f("quality", o.quality);
}

// All but the trials, and the plan, which comes of the request and its seed.
template <class Fields>
void fields(Fields& f, tuning_job& j) {
    f("name", j.name), f("arn", j.arn), f("body", j.body), f("tags", j.tags), f("seed", j.plan.seed);
    f("created", j.created), f("inherited", j.inherited), f("max_runtime_at", j.max_runtime_at);
    f("is", j.is), f("ends_as", j.ends_as), f("closing", j.closing), f("failure_reason", j.failure_reason);
    f("modified", j.modified), f("ended", j.ended), f("retry_at", j.retry_at), f("due", j.due);
}

void tuning_service::touch_job(const account_id& account, const region_name& region, const tuning_job& job,
                               std::optional<std::size_t> trial) {
    if (!keeps()) return;
    touch(kept_job, account, region, job.name);
    if (!trial) return;
    // Of a job that is erased, all: the others have not changed.
    const std::size_t last = *trial == 0 ? job.trials.size() : *trial + 1;
    for (std::size_t n = *trial; n < last; ++n) touch(kept_trial, account, region, trial_name(job.name, n));
}

std::optional<std::string> tuning_service::document(std::string_view key) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    const std::string_view name = parts.next();
    const auto found = stores_.find({account, region});
    const tuning_job* const job = found == stores_.end() ? nullptr : found->second.find(name);
    if (!job) return std::nullopt;
    if (kind == kept_job) return kept::text_of(std::pair{found->second.all().number_of(name), *job});
    std::size_t n = 0;
    std::from_chars(parts.rest().data(), parts.rest().data() + parts.rest().size(), n);
    if (n >= job->trials.size()) return std::nullopt;
    return kept::text_of(job->trials[n]);
}

bool tuning_service::take_back(std::string_view key, json::value v) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    const std::string name{parts.next()};
    auto& jobs = restoring_[{account, region}];
    if (kind == kept_job) {
        numbered_job read;
        if (!kept::read(v, read)) return false;
        tuning_job& job = read.second;
        const auto body = json::document::parse(job.body, kept::read_limits());
        if (!body || job.name != name) return false;
        auto plan = read_tuning_plan(body->root(), job.plan.seed);
        if (!plan) return false;
        plan->seed = job.plan.seed;
        job.plan = *std::move(plan);
        return jobs.emplace(name, std::move(read)).second;
    }
    const auto of = jobs.find(name);
    if (kind != kept_trial || of == jobs.end()) return false;
    tuning_job& job = of->second.second;
    return parts.rest() == trial_name(name, job.trials.size()).substr(name.size() + 1) &&
           kept::read(v, job.trials.emplace_back());
}

result<void> tuning_service::restored() {
    for (auto& [where, jobs] : restoring_)
        for (auto& [name, made] : jobs)
            if (!store(where.first, where.second).restore(std::move(made.second), made.first))
                return error{errc::corrupt, "the tuning job " + name + " cannot be restored"};
    for (placed_store& in : stores_) note(in);
    restoring_.clear();
    return {};
}

}  // namespace trainyard::aws::local::sagemaker
