// CreateTrainingJob's input, as the store takes it. Pure.
#pragma once

#include "aws/local/sagemaker/training/training_job.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker {

// HyperParameters that say how a job goes in the local AWS; the README explains them.
inline constexpr std::string_view local_seconds_parameter = "trainyard-local-seconds";
inline constexpr std::string_view local_outcome_parameter = "trainyard-local-outcome";
inline constexpr std::string_view local_stop_parameter = "trainyard-local-stop-seconds";

struct create_input {
    std::string name;
    training_request request;
    int retries = 0;              // RetryStrategy
    bool outcome_is_set = false;  // by the HyperParameter: no rule lets the job fail
};

// `input` satisfies the model. Refuses what SageMaker refuses beyond that.
boost::system::result<create_input, service_error> read_create_training_job(json::value input);

}  // namespace trainyard::aws::local::sagemaker
