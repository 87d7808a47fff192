// SageMaker of the local AWS: its operations over everything of every account and region. Pure but for the
// journal: the time comes with each call.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/accepted_create.hpp"
#include "aws/local/sagemaker/common/job_rules.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"
#include "aws/local/sagemaker/common/quota_book.hpp"
#include "aws/local/sagemaker/job_journal.hpp"
#include "aws/local/sagemaker/training/training_service.hpp"

namespace trainyard::aws::local {

struct sagemaker_options {
    // Of instances in use at once, as quota_book has them.
    std::int64_t instance_limit = 1'000'000;
    std::map<std::string, std::int64_t> instance_limits{};
    std::uint64_t seed = 1;  // of what befalls jobs
    sagemaker::training_options training{};
};

class sagemaker_service final : private sagemaker::training_record {
public:
    // `journal`, and what the options point to, outlive the service. A time scale is above 0.
    sagemaker_service(const sagemaker_options& options, job_journal& journal);
    sagemaker_service(const sagemaker_service&) = delete;
    sagemaker_service& operator=(const sagemaker_service&) = delete;

    service_reply handle(const operation_call& call) { return table_.handle(call); }

    // Of jobs that are created from now on; an error names the rule and its member.
    result<void> set_rules(json::value rules) { return rules_.set(rules); }
    void set_rules(std::vector<sagemaker::job_rule> rules) { rules_.set(std::move(rules)); }
    const sagemaker::job_rules& rules() const { return rules_; }
    // In use is told as of the last operation; training().release(now) brings it up to date.
    sagemaker::quota_book& quotas() { return quotas_; }
    sagemaker::training_service& training() { return training_; }
    const sagemaker::operation_table& operations() const { return table_; }

    // The changes of state that EventBridge is told, each once.
    std::optional<wall_time> next_event_time() const { return training_.next_event_time(); }
    std::vector<state_change> take_events(wall_time now) { return training_.take_events(now); }

    using counts = sagemaker::training_service::counts;
    const counts& creates_counted() const { return training_.creates_counted(); }
    // Of CreateTrainingJob, in order.
    const std::vector<accepted_create>& creates() const { return creates_; }
    std::map<std::string, std::size_t> jobs_by_status(wall_time now) { return training_.jobs_by_status(now); }

private:
    result<void> created(const account_id& account, const region_name& region,
                         const sagemaker::training_job& job) override;
    result<void> stopped(const account_id& account, const region_name& region, std::string_view name,
                         wall_time when) override;
    service_reply add_tags(const operation_call& call);
    service_reply list_tags(const operation_call& call);

    job_journal& journal_;
    std::vector<accepted_create> creates_;
    sagemaker::quota_book quotas_;
    sagemaker::job_rules rules_;
    sagemaker::training_service training_;
    sagemaker::operation_table table_;
};

}  // namespace trainyard::aws::local
