#include "aws/local/sagemaker/job_store.hpp"

#include <algorithm>

namespace trainyard::aws::local {

instance_limits::instance_limits(std::int64_t otherwise, std::map<std::string, std::int64_t> exceptions)
    : otherwise_(otherwise), exceptions_(std::move(exceptions)) {}

void instance_limits::set(const account_id& account, const region_name& region, const std::string& type,
                          std::int64_t n) {
    exceptions_[account.str() + "/" + region.str() + "/" + type] = n;
}

std::int64_t instance_limits::limit(const account_id& account, const region_name& region,
                                    const std::string& type) const {
    if (exceptions_.empty()) return otherwise_;
    const std::string& a = account.str();
    const std::string& r = region.str();
    const std::string keys[] = {
        a + "/" + r + "/" + type, a + "/*/" + type, "*/" + r + "/" + type,
        a + "/" + r + "/*",       "*/*/" + type,    a + "/*/*",
        "*/" + r + "/*",          "*/*/*",
    };
    for (const std::string& key : keys)
        if (const auto found = exceptions_.find(key); found != exceptions_.end()) return found->second;
    return otherwise_;
}

job_store::job_store(account_id account, region_name region, const instance_limits& limits, double time_scale)
    : account_(std::move(account)), region_(std::move(region)), limits_(limits), time_scale_(time_scale) {}

void job_store::release(wall_time now) {
    while (!ends_.empty() && ends_.begin()->first <= now) {
        const training_job& job = jobs_[ends_.begin()->second];
        for (const auto& [type, count] : job.request.instances) {
            const auto use = usage_.find({type, job.request.spot});
            if ((use->second -= count) == 0) usage_.erase(use);
        }
        ++finished_[std::string{to_string(status_of(job.timeline.outcome()))}];
        ends_.erase(ends_.begin());
    }
}

job_store::create_outcome job_store::create(job_request request, wall_time now) {
    now = wall_time{std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch())};
    if (!jobs_.empty()) now = std::max(now, jobs_.back().created);
    if (by_name_.contains(request.name)) return duplicate{};
    release(now);
    for (const auto& [type, count] : request.instances) {
        const std::int64_t limit = limits_.limit(account_, region_, type);
        const auto use = usage_.find({type, request.spot});
        const std::int64_t used = use == usage_.end() ? 0 : use->second;
        if (count > limit || used > limit - count)
            return over_limit{
                type + (request.spot ? " for spot training job usage" : " for training job usage"), limit,
                used, count};
    }
    const std::size_t index = jobs_.size();
    const job_timeline timeline{request.plan, now, time_scale_};
    for (const auto& [type, count] : request.instances) usage_[{type, request.spot}] += count;
    by_name_.emplace(request.name, index);
    ends_.emplace(timeline.end(), index);
    jobs_.push_back({std::move(request), now, timeline});
    return created{&jobs_.back()};
}

job_store::stop_outcome job_store::stop(std::string_view name, wall_time now) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return {};
    training_job& job = jobs_[found->second];
    now = std::max(wall_time{std::chrono::floor<std::chrono::milliseconds>(now.time_since_epoch())},
                   job.created);
    release(now);
    const job_status before = job.status(now);
    if (before != job_status::in_progress) return {true, false, before};
    ends_.erase({job.timeline.end(), found->second});
    job.timeline.stop(now);
    ends_.emplace(job.timeline.end(), found->second);
    return {true, true, before};
}

const training_job* job_store::find(std::string_view name) const {
    const auto found = by_name_.find(name);
    return found == by_name_.end() ? nullptr : &jobs_[found->second];
}

bool job_store::add_tags(std::string_view name, const std::map<std::string, std::string>& tags) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return false;
    for (const auto& [key, value] : tags) jobs_[found->second].request.tags.insert_or_assign(key, value);
    return true;
}

std::int64_t job_store::in_use(const std::string& type, bool spot, wall_time now) {
    release(now);
    const auto use = usage_.find({type, spot});
    return use == usage_.end() ? 0 : use->second;
}

std::map<std::string, std::size_t> job_store::count_by_status(wall_time now) {
    release(now);
    auto counts = finished_;
    for (const auto& [end, index] : ends_) ++counts[std::string{to_string(jobs_[index].status(now))}];
    return counts;
}

}  // namespace trainyard::aws::local
