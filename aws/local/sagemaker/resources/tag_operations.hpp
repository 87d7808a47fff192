// AddTags, ListTags and DeleteTags over whatever has an ARN. Pure.
#pragma once

#include <functional>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/resources/resource_store.hpp"

namespace trainyard::aws::local::sagemaker::resources {

// The tags of the resource; null: there is none with that ARN.
using tag_finder = std::function<tag_map*(std::string_view arn)>;

service_reply add_tags(const tag_finder& find, json::value input);
service_reply list_tags(const tag_finder& find, json::value input);
service_reply delete_tags(const tag_finder& find, json::value input);

}  // namespace trainyard::aws::local::sagemaker::resources
