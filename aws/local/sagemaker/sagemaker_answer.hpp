// How training jobs look in SageMaker's answers. Pure.
#pragma once

#include <string>

#include "aws/local/sagemaker/job_store.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

std::string training_job_arn(const account_id& account, const region_name& region, std::string_view name);

// `input` is the stored request. Times that last are told in SageMaker's seconds, whatever the time scale.
std::string describe_answer(const training_job& job, json::value input, const std::string& arn,
                            double time_scale, wall_time now);
std::string list_answer(const list_page& page, const account_id& account, const region_name& region,
                        wall_time now);

}  // namespace trainyard::aws::local
