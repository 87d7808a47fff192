// EventBridge bodies in AWS JSON 1.1, in and out. Pure; every error is errc::corrupt and says what is wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/events/client.hpp"

namespace trainyard::aws::events {

std::string encode_name(std::string_view member, std::string_view name);
std::string encode_put_rule(const rule& what, const tags& of_new);
std::string encode_list_targets(std::string_view rule, std::string_view next_token);
std::string encode_put_targets(std::string_view rule, const std::vector<target>& targets);
std::string encode_remove_targets(std::string_view rule, const std::vector<std::string>& ids);
std::string encode_tag(std::string_view arn, const tags& what);

result<rule> decode_rule(std::string_view body);
struct target_page {
    std::vector<target> targets;
    std::string next_token;
};
result<target_page> decode_targets(std::string_view body);
result<tags> decode_tags(std::string_view body);
// Empty when every entry was taken; else "TARGET: CODE: MESSAGE" of the first that was not.
result<std::string> decode_failed_entry(std::string_view body);

}  // namespace trainyard::aws::events
