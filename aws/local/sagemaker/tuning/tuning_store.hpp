// The tuning jobs of one account and region. Nothing runs in the background: advance() does, in order of
// time, what became due. It starts and stops training jobs through a training_starter.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "aws/local/sagemaker/common/quota_book.hpp"
#include "aws/local/sagemaker/common/resource_index.hpp"
#include "aws/local/sagemaker/training/training_starter.hpp"
#include "aws/local/sagemaker/tuning/tuning_job.hpp"

namespace trainyard::aws::local::sagemaker {

// SageMaker's own time until a training job that found no quota is tried again.
inline constexpr std::chrono::seconds quota_retry{30};

struct tuning_settings {
    double time_scale = 1;  // above 0
    std::uint64_t seed = 1;
    duration hidden_for{};  // a job is missing from describe calls and listings for so long
};

// A status that a tuning job has taken on.
struct tuning_change {
    wall_time when{};
    std::string arn;
    std::string detail;  // of that moment, as events carry it
};

class tuning_store {
public:
    using index = resource_index<tuning_job>;
    using detail_function = std::function<std::string(const tuning_job&)>;

    // All of it outlives the store. `detail` is asked at each change.
    tuning_store(account_id account, region_name region, training_starter& jobs, const quota_book& quotas,
                 const tuning_settings& settings, detail_function detail);

    // Hears of each job that changed, and of its trials: those from `trial` on, or none. Of an erased one,
    // too.
    using touch_sink = std::function<void(const tuning_job&, std::optional<std::size_t> trial)>;
    void on_change(touch_sink hear) { hear_ = std::move(hear); }
    // A job of before a restart. False for one that does not fit those that are there.
    bool restore(tuning_job job, std::uint64_t number);

    // The ARN. The quotas are as of `now`. ResourceInUse for a name that is there; ResourceLimitExceeded when
    // the first training jobs, as many as may run at once, do not fit the quota; ResourceNotFound for a
    // parent that is not there.
    boost::system::result<std::string, service_error> create(std::string name, tuning_plan plan,
                                                             std::string body,
                                                             std::map<std::string, std::string> tags,
                                                             wall_time now);
    service_reply stop(std::string_view name, wall_time now);
    service_reply erase(std::string_view name, wall_time now);

    // Everything that became due until `now`; times must not decrease. Before every operation on jobs.
    void advance(wall_time now);
    std::optional<wall_time> next() const;
    // Of the first change that was not taken.
    std::optional<wall_time> next_to_tell() const {
        return changes_.empty() ? std::nullopt : std::optional{changes_.front().when};
    }
    // Training jobs were stopped or deleted by somebody else.
    void look_again(wall_time now);

    tuning_job* find(std::string_view name) { return jobs_.find(name); }
    // As a describe call sees it; its trials are as of `now`.
    const tuning_job* find(std::string_view name, wall_time now);
    index& all() { return jobs_; }
    const index& all() const { return jobs_; }
    std::string arn_of(std::string_view name) const;

    // What has been told since the last call; the latest changes_kept_max.
    std::deque<tuning_change> take_changes() { return std::exchange(changes_, {}); }

private:
    void heard(const tuning_job& job, std::optional<std::size_t> trial = {}) const {
        if (hear_) hear_(job, trial);
    }
    void step(tuning_job& job, wall_time now);
    void look(tuning_job& job, wall_time now);
    void close(tuning_job& job, wall_time now);
    void launch(tuning_job& job, wall_time now);
    bool launch_one(tuning_job& job, wall_time now);
    void schedule(tuning_job& job, wall_time now);
    void set_status(tuning_job& job, tuning_status to, wall_time now);
    std::optional<service_error> inherit(tuning_job& job);
    std::optional<service_error> refuse_by_quota(const tuning_plan& plan) const;

    account_id account_;
    region_name region_;
    training_starter& starter_;
    const quota_book& quotas_;
    tuning_settings settings_;
    detail_function detail_;
    touch_sink hear_;
    index jobs_;
    std::set<std::pair<wall_time, tuning_job*>> due_;
    std::deque<tuning_change> changes_;
};

inline constexpr std::size_t changes_kept_max = 10'000;

service_error no_tuning_job(std::string_view name);

}  // namespace trainyard::aws::local::sagemaker
