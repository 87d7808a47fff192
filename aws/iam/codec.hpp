// IAM bodies in the AWS Query protocol (form in, XML out). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/iam/client.hpp"

namespace trainyard::aws::iam {

std::string encode(std::string_view operation, const std::vector<std::pair<std::string, std::string>>& input);
// Tags.member.N.Key and .Value
void add_tags(std::vector<std::pair<std::string, std::string>>& input, const tags& what);

// Documents come percent-encoded and are given decoded. Every error is errc::corrupt and says what is
// missing.
result<role> decode_role(std::string_view body);
result<std::string> decode_policy(std::string_view body);

result<name_page> decode_policy_names(std::string_view body);
result<name_page> decode_attached(std::string_view body);  // ARNs

}  // namespace trainyard::aws::iam
