// SageMaker bodies in AWS JSON 1.1, in and out. Pure. Members that the model does not know are ignored, null
// is absent.
#pragma once

#include <string>
#include <string_view>

#include "aws/sagemaker/types.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::sagemaker {

struct tag_page {
    tags items;
    std::string next_token;
};

std::string encode_job_name(std::string_view name);
std::string encode_list(const list_filter& f);
std::string encode_add_tags(std::string_view arn, const tags& what);
std::string encode_list_tags(std::string_view arn, std::string_view next_token);

result<std::string> decode_create(std::string_view body);  // the ARN
result<training_job> decode_describe(std::string_view body);
result<training_job_page> decode_list(std::string_view body);
result<tag_page> decode_list_tags(std::string_view body);

// SageMaker's refusal to stop a job that has ended or is being stopped already.
bool is_already_stopped(std::string_view code, std::string_view message);

}  // namespace trainyard::aws::sagemaker
