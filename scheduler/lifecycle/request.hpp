// The SageMaker request of one attempt: placeholders filled, name and owner tags added. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "scheduler/lifecycle/kinds.hpp"

namespace trainyard::lifecycle {

// What "${pool.NAME}" stands for in a request.
struct pool_values {
    std::string name, account, region, execution_role, bucket;
};

// True for the names that pool_values knows: "pool.account" and so on.
bool is_placeholder(std::string_view name);
// Every "${...}" of the text replaced; an unknown or empty one is an error that names it.
result<std::string> fill_placeholders(std::string_view text, const pool_values& pool);

// ty-<name>-<id>-<attempt>, at most as long as the kind allows; the name is cut, never the id. Of an endpoint
// in lower case, because SageMaker tells endpoints apart by nothing else.
std::string sagemaker_name(std::string_view name, job_id id, int attempt, kind k = kind::training);

// Tags that prove whose job it is and which attempt.
std::map<std::string, std::string> owner_tags(const std::string& installation, const job_facts& facts,
                                              int attempt);

// The owner tags as the description of a pipeline execution, which takes no tags: one line of JSON, then what
// the message itself says. And back; empty for a description of somebody else.
std::string owner_description(const std::map<std::string, std::string>& tags, std::string_view own);
std::map<std::string, std::string> tags_of_description(std::string_view description);

// The complete request of the kind's create operation. Members that Trainyard does not know pass through as
// they came.
result<std::string> build_request(std::string_view request, const job_facts& facts, int attempt,
                                  const std::string& installation, const pool_values& pool);
// For an endpoint that brings its configuration along (job_terms::own_config): the CreateEndpointConfig
// request, under the endpoint's own name.
result<std::string> build_endpoint_config(std::string_view request, const job_facts& facts, int attempt,
                                          const std::string& installation, const pool_values& pool);

}  // namespace trainyard::lifecycle
