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

// For describe and stop. `key` is a name, or the ARN of a pipeline execution.
std::string encode_key(job_kind k, std::string_view key);
// StopPipelineExecution: the token makes a repetition the same call.
std::string encode_stop_execution(std::string_view arn, std::string_view token);
std::string encode_list(const list_filter& f);
std::string encode_add_tags(std::string_view arn, const tags& what);
std::string encode_list_tags(std::string_view arn, std::string_view next_token);

result<std::string> decode_create(std::string_view body, job_kind k = job_kind::training);  // the ARN
result<job_description> decode_describe(std::string_view body, job_kind k = job_kind::training);
result<job_page> decode_list(std::string_view body, job_kind k = job_kind::training);
result<tag_page> decode_list_tags(std::string_view body);

// SageMaker's refusal to stop what has ended or is being stopped already: ValidationException for jobs,
// ConflictException for pipeline executions.
bool is_already_stopped(std::string_view code, std::string_view message);

}  // namespace trainyard::aws::sagemaker
