#include "aws/local/sagemaker/tuning/tuning_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/common/echo.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"
#include "aws/local/sagemaker/common/time_scale.hpp"
#include "engine/base/check.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::uint64_t names_tried = 5;

}  // namespace

service_error no_tuning_job(std::string_view name) {
    return of_type(
        "ResourceNotFound",
        fmt::format("Amazon SageMaker can't find a tuning job called {}. Type another name.", name));
}

tuning_store::tuning_store(account_id account, region_name region, training_starter& jobs,
                           const quota_book& quotas, const tuning_settings& settings, detail_function detail)
    : account_(std::move(account)),
      region_(std::move(region)),
      starter_(jobs),
      quotas_(quotas),
      settings_(settings),
      detail_(std::move(detail)),
      jobs_(settings.hidden_for) {}

std::string tuning_store::arn_of(std::string_view name) const {
    return fmt::format("arn:aws:sagemaker:{}:{}:hyper-parameter-tuning-job/{}", region_.str(), account_.str(),
                       name);
}

std::optional<service_error> tuning_store::refuse_by_quota(const tuning_plan& plan) const {
    std::map<std::pair<instance_use, std::string>, std::int64_t> wanted;
    for (std::uint64_t n = 0; n < std::min(plan.parallel, plan.trials); ++n) {
        const tuned_definition& d = plan.definition_of(n);
        for (const auto& [type, count] : d.instances)
            wanted[{d.spot ? instance_use::spot_training : instance_use::training, type}] += count;
    }
    for (const auto& [what, count] : wanted) {
        const auto& [use, type] = what;
        const std::int64_t limit = quotas_.limit(account_, region_, type, use);
        const std::int64_t used = quotas_.in_use(account_, region_, type, use);
        if (count > limit || used > limit - count)
            return of_type("ResourceLimitExceeded",
                           quota_book::over_limit{quota_name(type, use), limit, used, count}.text());
    }
    return std::nullopt;
}

std::optional<service_error> tuning_store::inherit(tuning_job& job) {
    for (const std::string& name : job.plan.parents) {
        const tuning_job* parent = jobs_.find(name);
        if (!parent) return no_tuning_job(name);
        if (!parent->over())
            return validation_exception(fmt::format("The parent tuning job {} has not ended.", name));
        // What was tried elsewhere helps only where it lies in the space that is searched now.
        for (const trial& t : parent->trials)
            if (t.succeeded())
                job.inherited.push_back(
                    {job.plan.definitions.front().space.positions_of(t.values), t.quality});
    }
    return std::nullopt;
}

boost::system::result<std::string, service_error> tuning_store::create(
    std::string name, tuning_plan plan, std::string body, std::map<std::string, std::string> tags,
    wall_time now) {
    if (jobs_.contains(name))
        return of_type("ResourceInUse",
                       fmt::format("A hyperparameter tuning job with the name, {}, already exists. Choose a "
                                   "different name.",
                                   name));
    tuning_job job;
    job.arn = arn_of(name);
    job.name = std::move(name);
    job.body = std::move(body);
    job.tags = std::move(tags);
    job.plan = std::move(plan);
    if (auto e = inherit(job)) return *std::move(e);
    if (auto e = refuse_by_quota(job.plan)) return *std::move(e);
    tuning_job* const added = jobs_.add(std::move(job), now);
    now = std::max(now, added->created);
    added->modified = added->created;
    if (added->plan.max_runtime)
        added->max_runtime_at = added->created + scaled(*added->plan.max_runtime, settings_.time_scale);
    set_status(*added, tuning_status::in_progress, added->created);
    step(*added, added->created);
    return added->arn;
}

service_reply tuning_store::stop(std::string_view name, wall_time now) {
    tuning_job* const job = jobs_.find(name);
    if (!job) return no_tuning_job(name);
    if (job->is != tuning_status::in_progress)
        return validation_exception(
            fmt::format("The request was rejected because the hyperparameter tuning job is in status {}.",
                        to_string(job->is)));
    set_status(*job, tuning_status::stopping, now);
    job->ends_as = tuning_status::stopped;
    close(*job, now);
    step(*job, now);
    return std::string{};
}

service_reply tuning_store::erase(std::string_view name, wall_time now) {
    tuning_job* const job = jobs_.find(name);
    if (!job) return no_tuning_job(name);
    if (!job->over())
        return validation_exception(
            fmt::format("The request was rejected because the hyperparameter tuning job is in status {}.",
                        job->status(now)));
    heard(*job, 0);
    jobs_.erase(name);
    return std::string{};
}

bool tuning_store::restore(tuning_job made, std::uint64_t number) {
    tuning_job* const job = jobs_.restore(std::move(made), number);
    if (!job) return false;
    if (job->over()) return !job->due;
    if (!job->due) return false;
    due_.emplace(*job->due, job);
    return true;
}

void tuning_store::advance(wall_time now) {
    while (!due_.empty() && due_.begin()->first <= now) {
        const auto [when, job] = *due_.begin();
        step(*job, when);
    }
}

std::optional<wall_time> tuning_store::next() const {
    return due_.empty() ? std::nullopt : std::optional{due_.begin()->first};
}

void tuning_store::look_again(wall_time now) {
    std::vector<tuning_job*> live;
    for (const auto& [when, job] : due_) live.push_back(job);
    for (tuning_job* job : live) step(*job, now);
}

const tuning_job* tuning_store::find(std::string_view name, wall_time now) {
    tuning_job* const job = jobs_.find(name, now);
    if (job && !job->over()) look(*job, now);
    return job;
}

void tuning_store::look(tuning_job& job, wall_time now) {
    for (trial& t : job.trials) {
        if (t.state.ended) continue;
        auto seen = starter_.status(account_, region_, t.name, now);
        if (seen) {
            t.state = *std::move(seen);
        } else {  // deleted, so it had ended: how, nobody knows any more
            t.state.status = "Stopped";
            t.state.ended = true;
            t.state.next_change.reset();
        }
        if (!t.state.ended) continue;
        job.modified = std::max(job.modified, now);
        heard(job, static_cast<std::size_t>(&t - job.trials.data()));
    }
}

void tuning_store::step(tuning_job& job, wall_time now) {
    look(job, now);
    if (!job.closing) {
        if (auto said = judge(job)) {
            if (said->failed) {
                job.ends_as = tuning_status::failed;
                job.failure_reason = said->reason;
            }
            close(job, now);
        } else if (job.max_runtime_at && now >= *job.max_runtime_at) {
            set_status(job, tuning_status::stopping, now);
            job.ends_as = tuning_status::stopped;
            close(job, now);
        } else {
            launch(job, now);
        }
    }
    if (!job.closing) {
        mark_early_stops(job);
        for (trial& t : job.trials)
            if (!t.state.ended && !t.stop_asked && t.stops_early_at && *t.stops_early_at <= now) {
                t.stop_asked = true;
                heard(job, static_cast<std::size_t>(&t - job.trials.data()));
                // The error of a job that ends by itself at this very moment is no trouble.
                static_cast<void>(starter_.stop(account_, region_, t.name, now));
            }
        look(job, now);
    }
    const bool all_started = job.closing || job.trials.size() >= job.plan.trials;
    if (all_started && job.running() == 0) {
        job.closing = true;
        job.ended = now;
        set_status(job, job.ends_as, now);
    }
    schedule(job, now);
}

void tuning_store::close(tuning_job& job, wall_time now) {
    job.closing = true;
    job.retry_at.reset();
    for (trial& t : job.trials) {
        if (t.state.ended || t.stop_asked) continue;
        t.stop_asked = true;
        heard(job, static_cast<std::size_t>(&t - job.trials.data()));
        // As above: one that is stopping or has ended already refuses.
        static_cast<void>(starter_.stop(account_, region_, t.name, now));
    }
    look(job, now);
}

void tuning_store::launch(tuning_job& job, wall_time now) {
    if (job.retry_at && now < *job.retry_at) return;
    job.retry_at.reset();
    while (!job.closing && job.trials.size() < job.plan.trials && job.running() < job.plan.parallel)
        if (!launch_one(job, now)) return;
}

bool tuning_store::launch_one(tuning_job& job, wall_time now) {
    const std::uint64_t number = job.trials.size();
    const tuned_definition& d = job.plan.definition_of(number);
    trial t;
    t.values = job.next_values();
    t.quality = quality_of(d.space, settings_.seed, t.values);
    t.metric = {d.objective.metric, d.objective.maximize ? t.quality : 1 - t.quality};
    const json::document body = read_kept(job.body);
    for (std::uint64_t attempt = 0;; ++attempt) {
        t.name = job.next_name(attempt);
        const std::string request = trial_request(body.root(), job.plan, number, t.name, t.values);
        const service_reply answer = starter_.start({account_, region_, request, job.arn, {t.metric}, now});
        if (answer) break;
        const service_error& e = answer.error();
        if (e.type == "ResourceInUse" && attempt + 1 < names_tried) continue;
        if (e.type == "ResourceLimitExceeded") {
            job.retry_at = now + scaled(quota_retry, settings_.time_scale);
            return false;
        }
        job.ends_as = tuning_status::failed;
        job.failure_reason = e.message;
        close(job, now);
        return false;
    }
    job.trials.push_back(std::move(t));
    heard(job, job.trials.size() - 1);
    job.modified = now;
    look(job, now);
    return true;
}

void tuning_store::schedule(tuning_job& job, wall_time now) {
    if (job.due) due_.erase({*job.due, &job});
    job.due.reset();
    if (job.over()) return heard(job);
    std::optional<wall_time> first = job.closing ? std::nullopt : job.max_runtime_at;
    const auto also = [&](const std::optional<wall_time>& t) {
        if (t && (!first || *t < *first)) first = t;
    };
    also(job.retry_at);
    for (const trial& t : job.trials) {
        if (t.state.ended) continue;
        also(t.state.next_change);
        if (!t.stop_asked) also(t.stops_early_at);
    }
    TY_CHECK(first.has_value(), "a tuning job that is not over waits for something");
    job.due = std::max(*first, now + std::chrono::milliseconds{1});  // the past has been dealt with
    due_.emplace(*job.due, &job);
    heard(job);  // every step comes here
}

void tuning_store::set_status(tuning_job& job, tuning_status to, wall_time now) {
    job.is = to;
    job.modified = std::max(job.modified, now);
    changes_.push_back({now, job.arn, detail_(job)});
    if (changes_.size() > changes_kept_max) changes_.pop_front();
}

}  // namespace trainyard::aws::local::sagemaker
