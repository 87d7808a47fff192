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
// The detail of a "SageMaker Training Job State Change" to that step of its timeline.
std::string change_detail(const training_job& job, const std::string& arn, std::size_t current);

// Where the artefacts of a job in that phase are; empty until they are uploaded.
std::string model_artifacts(const training_job& job, json::value input, job_phase phase);

}  // namespace trainyard::aws::local::sagemaker
