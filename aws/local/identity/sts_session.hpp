// What the operations of STS share: session policies and tags of a request, and the answers that carry
// credentials. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/identity/identity_store.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

namespace sts_error {

service_error validation(std::string message);     // 400
service_error access_denied(std::string message);  // 403
// "User: ARN is not authorized to perform: sts:AssumeRole on resource: ARN".
service_error not_authorized(const principal& who, std::string_view action, std::string_view resource);
service_error too_many_sessions();

}  // namespace sts_error

// Role, account and session name of a RoleArn that may be assumed. ValidationError otherwise.
struct role_name {
    account_id account;
    std::string arn, name;
};
boost::system::result<role_name, service_error> read_role_arn(const std::string& arn);

// Who a session of the role is. `role_id`: "AROA...", empty for one that nobody created.
principal session_principal(const role_name& role, const std::string& role_id,
                            const std::string& session_name);

// Policy and PolicyArns of the input; `account` is the one whose managed policies may be named.
std::optional<service_error> read_session_policies(json::value input, const iam_store& iam,
                                                   const account_id& account, session_facts& into);
// Tags and TransitiveTagKeys. Transitive tags of the caller's session go on to the new one and cannot be set
// anew.
std::optional<service_error> read_session_tags(json::value input, const session_facts* caller,
                                               session_facts& into);

// AccessDenied for a code of a multi-factor device: nobody has one here.
std::optional<service_error> refused_token_code(json::value input);

// How much of what a session token can hold is used, in percent; nothing when the request says nothing of the
// sort.
std::optional<int> packed_percent(json::value input);
// "Packed policy consumes N% of allotted space, please use smaller policy."
std::optional<service_error> packed_too_large(json::value input);

void write_credentials(json::writer& out, const identity_store::session& session);
void write_assumed_role(json::writer& out, const identity_store::session& session);

}  // namespace trainyard::aws::local
