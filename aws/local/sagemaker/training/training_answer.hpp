// How training jobs look in SageMaker's answers and events. Pure.
#pragma once

#include <string>

#include "aws/local/sagemaker/common/resource_index.hpp"
#include "aws/local/sagemaker/training/training_job.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker {

std::string training_job_arn(const account_id& account, const region_name& region, std::string_view name);

// The stored request of a job.
json::document stored_body(const training_job& job);

// Of DescribeTrainingJob. Times that last are told in SageMaker's seconds, whatever the time scale.
std::string describe_answer(const training_job& job, const std::string& arn, double time_scale,
                            wall_time now);
// Of ListTrainingJobs.
std::string list_answer(const resource_index<training_job>::page& page, const account_id& account,
                        const region_name& region, double time_scale, wall_time now);
// The detail of a "SageMaker Training Job State Change", when the job had got where it is at `when`.
std::string change_detail(const training_job& job, const std::string& arn, wall_time when);

// Where the artefacts are; empty until they are uploaded.
std::string model_artifacts(const training_job& job, json::value input, wall_time now);

}  // namespace trainyard::aws::local::sagemaker
