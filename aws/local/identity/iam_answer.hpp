// What the operations of IAM share: its errors, pages of lists, and entities as its answers show them. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/identity/iam_store.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

namespace iam_error {

service_error no_such_entity(std::string message);   // 404
service_error already_exists(std::string message);   // 409
service_error delete_conflict(std::string message);  // 409
service_error limit_exceeded(std::string message);   // 409
service_error over_quota(std::string_view quota,
                         std::size_t max);            // "Cannot exceed quota for RolesPerAccount: 1000"
service_error malformed_policy(std::string message);  // 400
service_error invalid_input(std::string message);     // 400
service_error validation(std::string message);        // 400

}  // namespace iam_error

// Members of an input that the validator has passed; absent: empty.
std::string text_of(json::value input, std::string_view member);
std::vector<std::string> texts_of(json::value input, std::string_view member);

// Characters of a policy that count: without white space.
std::size_t policy_size(std::string_view text);

using iam_result = boost::system::result<stored_policy, service_error>;
// MalformedPolicyDocument, or LimitExceeded for more than `max` characters; 0: no bound.
iam_result read_policy(const std::string& text, policy_kind kind, std::size_t max, std::string_view quota);

boost::system::result<tag_map, service_error> read_tags(json::value input);

// One page of a list: `keys` name its items in ascending order; `write(i)` writes item i into `member`.
// Marker and MaxItems are the input's.
service_reply list_answer(json::value input, std::string_view member, const std::vector<std::string>& keys,
                          const std::function<void(json::writer&, std::size_t)>& write,
                          const std::function<void(json::writer&)>& before = {});

// What forbids the deletion of a role or user; nothing: it may go.
std::optional<service_error> still_used(const iam_identity& who);

// A page of the member Tags.
service_reply list_tags_answer(json::value input, const tag_map& tags);
void write_tags(json::writer& out, const tag_map& tags);  // the member Tags
// `whole`: with what a list leaves out (tags, boundary, last use).
void write_role(json::writer& out, const iam_role& role, bool whole);
void write_user(json::writer& out, const iam_user& user, bool whole);
void write_policy(json::writer& out, const iam_policy& policy, std::pair<std::size_t, std::size_t> uses,
                  bool whole);
void write_version(json::writer& out, const iam_policy& of, const iam_policy_version& v, bool with_document);

}  // namespace trainyard::aws::local
