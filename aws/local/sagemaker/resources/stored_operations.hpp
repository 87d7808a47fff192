// What models and endpoint configurations have in common: names that are given once, lists, deletion.
#pragma once

#include <string>
#include <string_view>

#include "aws/local/sagemaker/resources/resource_store.hpp"

namespace trainyard::aws::local::sagemaker::resources {

// The words of one of the two kinds.
struct kind {
    std::string_view arn_prefix;   // "endpoint-config/"
    std::string_view told_as;      // "endpoint configuration"
    std::string_view member;       // of its name: "EndpointConfigName"
    std::string_view arn_member;   // "EndpointConfigArn"
    std::string_view list_member;  // "EndpointConfigs"
};
inline constexpr kind model_kind{"model/", "model", "ModelName", "ModelArn", "Models"};
inline constexpr kind config_kind{"endpoint-config/", "endpoint configuration", "EndpointConfigName",
                                  "EndpointConfigArn", "EndpointConfigs"};

std::string text(json::value input, std::string_view member);  // empty when absent
json::document parse_stored(const std::string& body);
service_error could_not_find(const resource_store& store, std::string_view arn_prefix,
                             std::string_view told_as, std::string_view name);
service_error already_exists(std::string_view told_as, const std::string& arn);
service_error too_many(std::string_view told_as);

// Refuses a name that is there and one too many; nothing: add() may follow.
std::optional<service_error> refuse_new(const resource_store& store, const kind& k, resource_store::table& in,
                                        const std::string& name);
const stored& add(resource_store& store, const kind& k, resource_store::table& in,
                  const operation_call& call);
service_reply arn_answer(const kind& k, const stored& s);
service_reply remove_stored(resource_store& store, const kind& k, resource_store::table& in,
                            const operation_call& call);
service_reply list_stored(const kind& k, const resource_store::table& in, const operation_call& call);

}  // namespace trainyard::aws::local::sagemaker::resources
