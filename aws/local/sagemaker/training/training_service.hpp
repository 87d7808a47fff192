// The training job operations over the stores of every account and region. Pure but for what the record does:
// the time comes with each call.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/base/state_change.hpp"
#include "aws/local/model/validate.hpp"
#include "aws/local/sagemaker/common/due_index.hpp"
#include "aws/local/sagemaker/common/job_rules.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"
#include "aws/local/sagemaker/training/create_input.hpp"
#include "aws/local/sagemaker/training/training_store.hpp"

namespace trainyard::aws::local::sagemaker {

// Told of what CreateTrainingJob and StopTrainingJob did, before they answer. An error becomes a 500; what
// was done stays done, as after AWS's own 500: the caller must look.
class training_record {
public:
    virtual ~training_record() = default;
    virtual result<void> created(const account_id& account, const region_name& region,
                                 const training_job& job) = 0;
    virtual result<void> stopped(const account_id& account, const region_name& region, std::string_view name,
                                 wall_time when) = 0;
};

// Kinds of documents, in the order in which they come back.
inline constexpr std::string_view kept_request = "1request", kept_course = "2course";

struct training_options {
    double time_scale = 1;
    duration list_delay{};  // a new job is missing from listings for so long; the clock's time
    const training_plan_source* plans = nullptr;  // null: nobody has a training plan
};

class training_service final : public training_starter, public kept_part {
public:
    // All of it outlives the service.
    training_service(quota_book& quotas, const job_rules& rules, training_record& record,
                     const training_options& options);

    // Create-, Describe-, List-, Stop-, Update- and DeleteTrainingJob; the service outlives the table.
    void add_operations(operation_table& table);

    service_reply start(const training_start& what) override;
    std::optional<training_state> status(const account_id& account, const region_name& region,
                                         std::string_view name, wall_time now) const override;
    service_reply stop(const account_id& account, const region_name& region, std::string_view name,
                       wall_time now) override;

    // Of the job of an ARN; nothing for any other resource and for jobs that do not exist.
    std::map<std::string, std::string>* tags(const account_id& account, const region_name& region,
                                             std::string_view arn);

    // Every job as its describe call tells it, with its tags, by ARN: records for Search.
    std::vector<std::pair<std::string, std::string>> records(const account_id& account,
                                                             const region_name& region, wall_time now) const;

    // Instances that jobs use of a training plan.
    std::int64_t plan_usage(const account_id& account, const region_name& region, std::string_view arn,
                            wall_time now) const;

    struct counts {
        std::uint64_t accepted = 0, duplicate = 0, over_limit = 0;  // children of other jobs included
    };
    const counts& creates_counted() const { return counts_; }
    std::map<std::string, std::size_t> jobs_by_status(wall_time now);

    // One event for each status and secondary status.
    std::optional<wall_time> next_event_time() const;
    std::vector<state_change> take_events(wall_time now);

    // Gives instances back that are no longer in use, so that the quota book tells the present.
    void release(wall_time now);

    // Requests and courses of jobs; erased ones whose last change was not taken are forgotten.
    result<void> restored() override;

private:
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;
    service_reply create(const operation_call& call);
    service_reply describe(const operation_call& call);
    service_reply list(const operation_call& call);
    service_reply stop(const operation_call& call);
    service_reply update(const operation_call& call);
    service_reply erase(const operation_call& call);

    // The job, or why there is none.
    boost::system::result<const training_job*, service_error> accept(const account_id& account,
                                                                     const region_name& region,
                                                                     create_input what, wall_time now);
    training_store& store(const account_id& account, const region_name& region);
    training_store& store(const operation_call& call) { return store(call.who.account, call.region); }

    quota_book& quotas_;
    const job_rules& rules_;
    training_record& record_;
    training_options options_;
    model::validator checks_;
    std::map<std::pair<account_id, region_name>, training_store> stores_;
    using placed_store = std::pair<const std::pair<account_id, region_name>, training_store>;
    due_index<placed_store> due_;  // changes that were not taken
    counts counts_;
    std::map<std::pair<account_id, region_name>, std::map<std::string, training_job>>
        restoring_;  // by name, without courses yet
};

}  // namespace trainyard::aws::local::sagemaker
