// Training jobs as the rest of SageMaker starts them: a tuning job its children, a pipeline its steps.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "engine/base/time.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local::sagemaker {

// What the algorithm tells at its end, as FinalMetricDataList has it.
struct final_metric {
    std::string name;
    double value = 0;
};

struct training_start {
    account_id account;
    region_name region;
    std::string_view request;           // the input of CreateTrainingJob; JSON
    std::string tuning_job_arn;         // empty: nobody's child
    std::vector<final_metric> metrics;  // told once the job has trained; at most 40
    wall_time now{};
};

struct training_state {
    std::string_view status, secondary_status;  // "InProgress", "Training"
    bool ended = false;
    std::string failure_reason;  // of a Failed job
    wall_time created{};
    std::optional<wall_time> training_start, training_end;  // as far as they have come
    // When a job that nobody touches has its next status or secondary status; nothing once it has ended.
    std::optional<wall_time> next_change;
};

class training_starter {
public:
    virtual ~training_starter() = default;
    // Checked and answered as CreateTrainingJob is, but for the role: who calls has checked it. Such jobs are
    // in no journal and not among the creates that were accepted.
    virtual service_reply start(const training_start& what) = 0;
    // Nothing for a job that does not exist.
    virtual std::optional<training_state> status(const account_id& account, const region_name& region,
                                                 std::string_view name, wall_time now) const = 0;
    // As StopTrainingJob answers: an error for a job that is Stopping or has ended.
    virtual service_reply stop(const account_id& account, const region_name& region, std::string_view name,
                               wall_time now) = 0;
};

}  // namespace trainyard::aws::local::sagemaker
