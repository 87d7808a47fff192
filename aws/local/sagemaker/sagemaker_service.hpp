// SageMaker of the local AWS: its operations over everything of every account and region. Pure but for the
// journal: the time comes with each call.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/base/state_change.hpp"
#include "aws/local/sagemaker/accepted_create.hpp"
#include "aws/local/sagemaker/batch/batch_operations.hpp"
#include "aws/local/sagemaker/common/job_rules.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"
#include "aws/local/sagemaker/common/quota_book.hpp"
#include "aws/local/sagemaker/job_journal.hpp"
#include "aws/local/sagemaker/plans/plan_service.hpp"
#include "aws/local/sagemaker/resource_service.hpp"
#include "aws/local/sagemaker/training/training_service.hpp"
#include "aws/local/sagemaker/tuning/tuning_service.hpp"

namespace trainyard::aws::local {

// State changes that wait to be taken; the oldest are dropped beyond.
inline constexpr std::size_t untaken_changes_max = 100'000;

struct sagemaker_options {
    // Of instances in use at once, as quota_book has them.
    std::int64_t instance_limit = 1'000'000;
    std::map<std::string, std::int64_t> instance_limits{};
    std::uint64_t seed = 1;  // of what befalls jobs, and of what tuning jobs try
    double time_scale = 1;   // above 0
    duration list_delay{};   // what is new is missing for so long; the clock's time
    // Refuses roles that may not be passed or assumed; empty: all may.
    sagemaker::operation_table::guard guard{};
    const sagemaker::training_plan_source* plans = nullptr;  // null: those that CreateTrainingPlan made
    std::size_t untaken_changes = untaken_changes_max;
    // A pipeline's callback step sends to its queue; may be empty.
    std::function<void(const sagemaker::callback_message&, wall_time now)> send{};
};

class sagemaker_service final : private sagemaker::training_record {
public:
    // `journal`, and what the options point to, outlive the service.
    sagemaker_service(const sagemaker_options& options, job_journal& journal);
    sagemaker_service(const sagemaker_service&) = delete;
    sagemaker_service& operator=(const sagemaker_service&) = delete;

    service_reply handle(const operation_call& call);

    // Does what became due until `now`: training jobs of tuning jobs, endpoints, pipelines. A time before an
    // earlier one does nothing.
    void advance(wall_time now);

    // Of jobs that are created from now on; an error names the rule and its member.
    result<void> set_rules(json::value rules) { return rules_.set(rules); }
    void set_rules(std::vector<sagemaker::job_rule> rules) { rules_.set(std::move(rules)); }
    const sagemaker::job_rules& rules() const { return rules_; }
    // In use is told as of the last operation; training().release(now) brings it up to date.
    sagemaker::quota_book& quotas() { return quotas_; }
    sagemaker::training_service& training() { return training_; }
    const sagemaker::operation_table& operations() const { return table_; }

    // The changes of state that EventBridge is told, each once, in order of their times.
    std::optional<wall_time> next_event_time() const;
    std::vector<state_change> take_events(wall_time now);

    // Its parts that are kept over restarts.
    std::vector<durable*> kept() {
        return {&plans_, &training_, &processing_, &transform_, &tuning_, &resources_};
    }

    using counts = sagemaker::training_service::counts;
    const counts& creates_counted() const { return training_.creates_counted(); }
    // Of CreateTrainingJob, in order.
    const std::vector<accepted_create>& creates() const { return creates_; }
    // Of training jobs.
    std::map<std::string, std::size_t> jobs_by_status(wall_time now) { return training_.jobs_by_status(now); }

private:
    result<void> created(const account_id& account, const region_name& region,
                         const sagemaker::training_job& job) override;
    result<void> stopped(const account_id& account, const region_name& region, std::string_view name,
                         wall_time when) override;
    sagemaker::resource_hooks hooks(const sagemaker_options& options);
    bool has_model(const operation_call& call, std::string_view name);
    std::optional<wall_time> next_change(const sagemaker::job_place& job, wall_time now);
    sagemaker::resources::tag_map* tags(const account_id& account, const region_name& region,
                                        std::string_view arn);
    std::vector<sagemaker::search::record> records(const account_id& account, const region_name& region,
                                                   std::string_view type, wall_time now);
    std::optional<wall_time> next_due() const;

    job_journal& journal_;
    std::vector<accepted_create> creates_;
    sagemaker::quota_book quotas_;
    sagemaker::job_rules rules_;
    sagemaker::plan_service plans_;
    sagemaker::training_service training_;
    sagemaker::batch_jobs processing_, transform_;
    sagemaker::tuning_service tuning_;
    sagemaker::resource_service resources_;
    sagemaker::operation_table table_;
    wall_time now_{};  // the latest that was seen
    std::size_t untaken_changes_;
    std::deque<state_change> told_;  // by endpoints and pipelines
};

}  // namespace trainyard::aws::local
