// The documents of training_service.hpp.
#include "aws/local/sagemaker/training/training_kept.hpp"
#include "aws/local/sagemaker/training/training_service.hpp"

namespace trainyard::aws::local::sagemaker {

std::optional<std::string> training_service::document(std::string_view key) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    const auto found = stores_.find({account, region});
    const training_job* const job = found == stores_.end() ? nullptr : found->second.find(parts.rest());
    if (!job) return std::nullopt;
    if (kind == kept_request) return kept::text_of(job->request);
    return kept::text_of(training_course{job->created, job->number, job->timeline, job->updated,
                                         job->pool_ended, job->pool_begun, job->reused_by, job->told});
}

bool training_service::take_back(std::string_view key, json::value v) {
    kept_key_reader parts{key};
    const std::string_view kind = parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    auto& jobs = restoring_[{account, region}];
    const std::string name{parts.rest()};
    if (kind == kept_request) {
        training_job job{name, {}};
        return kept::read(v, job.request) && jobs.emplace(name, std::move(job)).second;
    }
    const auto job = jobs.find(name);
    training_course c;
    if (kind != kept_course || job == jobs.end() || !kept::read(v, c)) return false;
    training_job& j = job->second;
    j.created = c.created, j.number = c.number, j.timeline = std::move(c.timeline), j.updated = c.updated;
    j.pool_ended = c.pool_ended, j.pool_begun = c.pool_begun, j.reused_by = std::move(c.reused_by);
    j.told = c.told;
    training_store& all = store(account, region);
    if (!all.restore(std::move(j))) return false;
    placed_store& in = *stores_.find({account, region});
    due_.set(in, all.next_change());
    return jobs.erase(name) == 1;
}

result<void> training_service::restored() {
    for (const auto& [where, jobs] : restoring_)
        if (!jobs.empty())
            return error{errc::corrupt, "the training job " + jobs.begin()->first + " has no course"};
    restoring_.clear();
    return {};
}

}  // namespace trainyard::aws::local::sagemaker
