#include "aws/local/identity/sts_service.hpp"

#include <fmt/format.h>

#include "aws/local/identity/iam_answer.hpp"
#include "aws/local/identity/sts_session.hpp"
#include "aws/local/identity/unique_id.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::int64_t user_session_seconds = 43200;  // of GetSessionToken and GetFederationToken

// A session's keys, whoever it is of.
bool is_session(const identity_store& identities, const principal& who) {
    return identities.facts_of(who.access_key_id) != nullptr;
}

service_error unknown(std::string_view operation) {
    return {400, "UnknownOperationException", "InvalidAction",
            fmt::format("Could not find operation {}", printable(operation, 128)), true};
}

service_error wrong(const model::operation_row&, const model::invalid& why) {
    return sts_error::validation(why.message);
}

}  // namespace

sts_service::sts_service(sts_parts parts) : parts_(parts), table_(model::sts_model(), {unknown, wrong}) {
    using self = sts_service;
    table_.add<self>(
        *this, {
                   {"AssumeRole", &self::assume_role, "SerialNumber", "ProvidedContexts"},
                   {"AssumeRoleWithWebIdentity", &self::assume_role_with_web_identity, "", "ProviderId"},
                   {"GetFederationToken", &self::get_federation_token},
                   {"GetSessionToken", &self::get_session_token, "SerialNumber"},
               });
    table_.add({"GetAccessKeyInfo", get_access_key_info});
    table_.add({"GetCallerIdentity", get_caller_identity});
}

service_reply sts_service::handle(const operation_call& call) {
    return table_.handle(call);
}

service_reply sts_service::get_caller_identity(const operation_call& call) {
    json::writer out;
    out.begin_object().member("UserId", call.who.user_id).member("Account", call.who.account.str());
    out.member("Arn", call.who.arn).end_object();
    return out.take();
}

service_reply sts_service::get_session_token(const operation_call& call) {
    if (is_session(parts_.identities, call.who))
        return sts_error::access_denied("Cannot call GetSessionToken with session credentials");
    if (auto wrong = refused_token_code(call.input)) return *std::move(wrong);
    session_request request{call.who, {}, {}};
    request.lifetime =
        std::chrono::seconds{call.input.find("DurationSeconds").integer().value_or(user_session_seconds)};
    request.facts.owner_arn = call.who.arn;
    const auto session = parts_.identities.open(std::move(request), call.now, parts_.random);
    if (!session) return sts_error::too_many_sessions();
    json::writer out;
    out.begin_object();
    write_credentials(out, *session);
    out.end_object();
    return out.take();
}

service_reply sts_service::get_federation_token(const operation_call& call) {
    if (is_session(parts_.identities, call.who))
        return sts_error::access_denied("Cannot call GetFederationToken with session credentials");
    const std::string name = text_of(call.input, "Name");
    session_request request;
    request.lifetime =
        std::chrono::seconds{call.input.find("DurationSeconds").integer().value_or(user_session_seconds)};
    request.facts.owner_arn = call.who.arn;
    request.facts.limited = true;
    if (auto wrong = packed_too_large(call.input)) return *std::move(wrong);
    if (auto wrong = read_session_policies(call.input, parts_.iam, call.who.account, request.facts))
        return *std::move(wrong);
    if (auto wrong = read_session_tags(call.input, nullptr, request.facts)) return *std::move(wrong);
    request.who.account = call.who.account;
    request.who.user_id = fmt::format("{}:{}", call.who.account.str(), name);
    request.who.arn = fmt::format("arn:aws:sts::{}:federated-user/{}", call.who.account.str(), name);
    const auto session = parts_.identities.open(std::move(request), call.now, parts_.random);
    if (!session) return sts_error::too_many_sessions();
    json::writer out;
    out.begin_object();
    write_credentials(out, *session);
    out.key("FederatedUser").begin_object();
    out.member("FederatedUserId", session->who.user_id).member("Arn", session->who.arn).end_object();
    if (const auto percent = packed_percent(call.input)) out.member("PackedPolicySize", *percent);
    out.end_object();
    return out.take();
}

service_reply sts_service::get_access_key_info(const operation_call& call) {
    const auto account = account_of_access_key_id(text_of(call.input, "AccessKeyId"));
    if (!account) return sts_error::validation("The access key id is not one that AWS gave out");
    json::writer out;
    out.begin_object().member("Account", account->str()).end_object();
    return out.take();
}

}  // namespace trainyard::aws::local
