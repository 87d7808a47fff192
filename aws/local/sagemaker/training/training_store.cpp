#include "aws/local/sagemaker/training/training_store.hpp"

#include <algorithm>

#include "aws/local/sagemaker/training/warm_pool.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

std::int64_t count_instances(const training_job& j) {
    std::int64_t n = 0;
    for (const auto& [type, instances] : j.request.instances) n += instances;
    return n;
}

wall_time whole_millis(wall_time t) {
    return wall_time{std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch())};
}

}  // namespace

training_store::training_store(account_id account, region_name region, quota_book& quotas, double time_scale,
                               duration hidden_for)
    : account_(std::move(account)),
      region_(std::move(region)),
      quotas_(quotas),
      time_scale_(time_scale),
      jobs_(hidden_for) {}

training_store::create_outcome training_store::create(std::string name, training_request request,
                                                      wall_time now,
                                                      const std::optional<training_plan_window>& window) {
    if (jobs_.contains(name)) return duplicate{};
    release(now);
    training_job draft{std::move(name), std::move(request)};
    training_job* const pool = find_pool(draft.request, now);
    if (!pool)
        if (auto over = take(draft)) return *std::move(over);
    draft.number = ++made_;
    training_job& job = *jobs_.add(std::move(draft), now);
    job.pool_begun = job.created;
    if (pool) {
        job.request.plan.warm_start = true;
        job.pool_begun = pool->pool_begun;
        pool->reused_by = job.name;
        pool->pool_ended = job.created;
        heard(*pool, part::course);
        pools_.erase({pool_expiry(*pool, time_scale_), pool});
        // What the pool held is the job's now.
        if (job.request.keep_alive <= duration{}) give_back(job, instance_use::warm_pool);
    }
    if (window) {
        job_plan& plan = job.request.plan;
        plan.launches_at = plan_launch(job, *window);
        plan.closes_at = window->until;
        plan.pending_until =
            std::max(job.created, window->from) + scaled(job.request.max_pending, time_scale_);
        of_plan_[job.request.training_plan].insert(&job);
    }
    job.timeline = job_timeline{job.request.plan, job.created, time_scale_};
    schedule(job);
    heard(job, part::all);
    return created{&job};
}

bool training_store::restore(training_job made) {
    if (made.timeline.steps().empty()) return false;
    const std::uint64_t number = made.number;
    training_job* const job = jobs_.restore(std::move(made), number);
    if (!job) return false;
    made_ = std::max(made_, number);
    schedule_change(*job);
    // Its pool is over: another job has the instances, or nobody.
    if (job->pool_ended && job->request.keep_alive > duration{}) {
        ++finished_[std::string{to_string(status_of(job->timeline.outcome()))}];
        return true;
    }
    if (job->counts_against_quota()) {
        quotas_.hold(account_, region_, job->use(), job->request.instances);
        if (job->request.keep_alive > duration{})
            quotas_.hold(account_, region_, instance_use::warm_pool, job->request.instances);
    }
    // What ended in the meantime gives back at the next look at the time.
    ends_.insert({job->timeline.end(), job});
    if (!job->request.training_plan.empty()) of_plan_[job->request.training_plan].insert(job);
    return true;
}

training_job* training_store::find_pool(const training_request& request, wall_time now) {
    if (request.spot || request.pool_shape.empty() || !request.training_plan.empty()) return nullptr;
    for (const auto& [expiry, job] : pools_)
        if (expiry > now && job->request.pool_shape == request.pool_shape) return job;
    return nullptr;
}

std::optional<quota_book::over_limit> training_store::take(const training_job& job) {
    if (!job.counts_against_quota()) return std::nullopt;
    const training_request& r = job.request;
    if (auto over = quotas_.take(account_, region_, job.use(), r.instances)) return over;
    if (r.keep_alive <= duration{}) return std::nullopt;
    auto over = quotas_.take(account_, region_, instance_use::warm_pool, r.instances);
    if (over) give_back(job, job.use());
    return over;
}

void training_store::give_back(const training_job& job, instance_use use) {
    if (job.counts_against_quota()) quotas_.give_back(account_, region_, use, job.request.instances);
}

std::int64_t training_store::plan_usage(const std::string& plan, wall_time now) const {
    std::int64_t n = 0;
    if (const auto jobs = of_plan_.find(plan); jobs != of_plan_.end())
        for (const training_job* job : jobs->second) {
            const auto& launch = job->request.plan.launches_at;
            if (launch && *launch <= now && now < job->timeline.end()) n += count_instances(*job);
        }
    return n;
}

std::optional<wall_time> training_store::plan_launch(const training_job& job,
                                                     const training_plan_window& window) const {
    const wall_time earliest = std::max(job.created, window.from);
    // First come, first served: there is room once enough of those before have ended.
    std::vector<wall_time> candidates{earliest};
    const auto others = of_plan_.find(job.request.training_plan);
    if (others != of_plan_.end())
        for (const training_job* o : others->second)
            candidates.push_back(std::max(earliest, o->timeline.end()));
    std::sort(candidates.begin(), candidates.end());
    for (const wall_time at : candidates) {
        std::int64_t used = 0;
        if (others != of_plan_.end())
            for (const training_job* o : others->second)
                if (o->timeline.end() > at) used += count_instances(*o);
        if (used <= window.instances - count_instances(job)) return at;
    }
    return candidates.back();
}

void training_store::schedule(training_job& job) {
    ends_.insert({job.timeline.end(), &job});
    schedule_change(job);
}

void training_store::schedule_change(training_job& job) {
    if (job.told < job.timeline.steps().size()) changes_.insert({job.timeline[job.told].start, &job});
}

void training_store::unschedule(training_job& job) {
    ends_.erase({job.timeline.end(), &job});
    if (job.told < job.timeline.steps().size()) changes_.erase({job.timeline[job.told].start, &job});
}

void training_store::release(wall_time now) {
    while (!ends_.empty() && ends_.begin()->when <= now) {
        training_job& job = *ends_.begin()->job;
        ends_.erase(ends_.begin());
        ++finished_[std::string{to_string(status_of(job.timeline.outcome()))}];
        if (const auto plan = of_plan_.find(job.request.training_plan); plan != of_plan_.end()) {
            plan->second.erase(&job);
            if (plan->second.empty()) of_plan_.erase(plan);
        }
        if (leaves_pool(job)) {
            pools_.insert({pool_expiry(job, time_scale_), &job});
            continue;
        }
        give_back(job, job.use());
        if (job.request.keep_alive > duration{}) give_back(job, instance_use::warm_pool);
    }
    while (!pools_.empty() && pools_.begin()->when <= now)
        end_pool(*pools_.begin()->job, pools_.begin()->when);
}

void training_store::end_pool(training_job& job, wall_time when) {
    pools_.erase({pool_expiry(job, time_scale_), &job});
    job.pool_ended = when;
    heard(job, part::course);
    give_back(job, job.use());
    give_back(job, instance_use::warm_pool);
}

training_store::stop_outcome training_store::stop(std::string_view name, wall_time now) {
    training_job* const job = jobs_.find(name);
    if (!job) return {};
    now = std::max(whole_millis(now), job->created);
    release(now);
    const job_status before = status_of(job->phase(now));
    if (before != job_status::in_progress) return {true, false, before};
    unschedule(*job);
    job->timeline.stop(now);
    schedule(*job);
    heard(*job, part::course);
    return {true, true, before};
}

training_store::erase_outcome training_store::erase(std::string_view name, wall_time now) {
    release(now);
    training_job* const job = jobs_.find(name);
    if (!job) return erase_outcome::not_found;
    if (job->timeline.end() > now) return erase_outcome::not_ended;
    if (pools_.contains({pool_expiry(*job, time_scale_), job})) return erase_outcome::pool_available;
    unschedule(*job);
    if (job->told < job->timeline.steps().size()) {
        gone_.push_back(*job);
        schedule_change(gone_.back());
        if (gone_.size() > gone_max) {
            unschedule(gone_.front());
            gone_.pop_front();
        }
    }
    const auto counted = finished_.find(std::string{to_string(status_of(job->timeline.outcome()))});
    if (--counted->second == 0) finished_.erase(counted);
    heard(*job, part::all);
    jobs_.erase(name);
    return erase_outcome::erased;
}

training_store::pool_outcome training_store::set_keep_alive(std::string_view name, duration keep_alive,
                                                            wall_time now) {
    release(now);
    training_job& job = *jobs_.find(name);
    const bool ended = job.timeline.end() <= now;
    const bool available = pools_.contains({pool_expiry(job, time_scale_), &job});
    if (job.request.keep_alive <= duration{} || (ended && !available)) return pool_outcome::no_pool;
    job.updated = whole_millis(now);
    heard(job, part::all);
    if (!ended) {
        // Nothing is kept for a pool that nobody wants.
        if (keep_alive <= duration{}) {
            give_back(job, instance_use::warm_pool);
            job.pool_ended = whole_millis(now);
        }
        job.request.keep_alive = keep_alive;
        return pool_outcome::changed;
    }
    if (keep_alive <= duration{}) {
        end_pool(job, whole_millis(now));
        return pool_outcome::changed;
    }
    pools_.erase({pool_expiry(job, time_scale_), &job});
    job.request.keep_alive = keep_alive;
    pools_.insert({pool_expiry(job, time_scale_), &job});
    release(now);
    return pool_outcome::changed;
}

void training_store::update(std::string_view name, std::string body, bool visibly, wall_time now) {
    training_job& job = *jobs_.find(name);
    now = std::max(whole_millis(now), job.created);
    job.request.body = std::move(body);
    job.updated = now;
    if (visibly && job.timeline.end() > now) {
        unschedule(job);
        job.timeline.update(now);
        schedule(job);
    }
    heard(job, part::all);
}

std::map<std::string, std::string>* training_store::tags(std::string_view name) {
    training_job* const job = jobs_.find(name);
    if (job) heard(*job, part::all);  // they may be about to change
    return job ? &job->request.tags : nullptr;
}

std::optional<wall_time> training_store::next_change() const {
    if (changes_.empty()) return std::nullopt;
    return changes_.begin()->when;
}

std::vector<training_store::change> training_store::take_changes(wall_time now) {
    std::erase_if(gone_, [](const training_job& j) { return j.told >= j.timeline.steps().size(); });
    std::vector<change> out;
    while (!changes_.empty() && changes_.begin()->when <= now) {
        const auto [when, job] = *changes_.begin();
        changes_.erase(changes_.begin());
        out.push_back({job, when, job->told++});
        schedule_change(*job);
        heard(*job, part::course);
    }
    return out;
}

std::map<std::string, std::size_t> training_store::count_by_status(wall_time now) {
    release(now);
    auto counts = finished_;
    for (const auto& [end, job] : ends_) ++counts[std::string{job->status(now)}];
    return counts;
}

}  // namespace trainyard::aws::local::sagemaker
