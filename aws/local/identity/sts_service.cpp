#include "aws/local/identity/sts_service.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "aws/local/base/validation.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

service_error sender(int status, const char* code, std::string message) {
    return {status, code, code, std::move(message), true};
}

bool is_session_name(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view{"_+=,.@-"}.find(c) != std::string_view::npos;
    });
}

}  // namespace

service_reply sts_service::handle(const operation_call& call) {
    if (call.operation == "AssumeRole") return assume_role(call);
    if (call.operation == "GetCallerIdentity") {
        json::writer out;
        out.begin_object()
            .member("UserId", call.who.user_id)
            .member("Account", call.who.account.str())
            .member("Arn", call.who.arn)
            .end_object();
        return out.take();
    }
    return service_error{400, "UnknownOperationException", "", "", true};
}

service_reply sts_service::assume_role(const operation_call& call) {
    validation check;
    const auto arn = check.text(call.input, "RoleArn", "roleArn", true, 20, 2048);
    const auto name = check.text(call.input, "RoleSessionName", "roleSessionName", true, 2, 64);
    if (name && !is_session_name(*name))
        check.fail("roleSessionName", *name, R"(satisfy regular expression pattern: [\w+=,.@-]*)");
    assumed_role role;
    if (const auto seconds =
            check.integer(call.input, "DurationSeconds", "durationSeconds", false, 900, 43200))
        role.lifetime = std::chrono::seconds{*seconds};
    if (const auto e = check.error()) return sender(400, "ValidationError", e->message);
    const auto slash = arn->rfind('/');
    if (!is_role_arn(*arn) || slash == std::string::npos || slash + 1 == arn->size())
        return sender(400, "ValidationError", printable(*arn) + " is invalid");
    role.account = account_id{arn->substr(arn->find("::") + 2, 12)};
    role.role_name = arn->substr(slash + 1);
    role.session_name = *name;
    const auto session = identities_.assume(role, call.now, random_);
    if (!session)
        return service_error{400, "Throttling", "Throttling", "Rate exceeded: too many sessions are alive",
                             true};
    const auto& c = session->credentials;
    json::writer out;
    out.begin_object().key("Credentials").begin_object();
    out.member("AccessKeyId", c.access_key_id)
        .member("SecretAccessKey", c.secret_access_key.reveal())
        .member("SessionToken", c.session_token.reveal())
        .member("Expiration", to_unix_seconds(*c.expires_at))
        .end_object();
    out.key("AssumedRoleUser").begin_object();
    out.member("AssumedRoleId", session->who.user_id).member("Arn", session->who.arn).end_object();
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local
