#include "aws/local/identity/sts_session.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "aws/local/base/validation.hpp"
#include "aws/local/identity/iam_answer.hpp"
#include "aws/local/identity/unique_id.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

// Plain characters of policies and tags that fit a session. AWS packs them into a binary format of a size it
// does not publish; this is what it documents for the policies alone.
constexpr std::size_t packed_max = 2048;

service_error told(int status, const char* code, std::string message) {
    return {status, code, code, std::move(message), true};
}

std::size_t packed_size(json::value input) {
    std::size_t out = policy_size(text_of(input, "Policy"));
    for (const json::value p : input.find("PolicyArns").elements()) out += text_of(p, "arn").size();
    for (const json::value t : input.find("Tags").elements())
        out += text_of(t, "Key").size() + text_of(t, "Value").size();
    return out;
}

}  // namespace

namespace sts_error {

service_error validation(std::string message) {
    return told(400, "ValidationError", std::move(message));
}
service_error access_denied(std::string message) {
    return told(403, "AccessDenied", std::move(message));
}
service_error not_authorized(const principal& who, std::string_view action, std::string_view resource) {
    return access_denied(
        fmt::format("User: {} is not authorized to perform: {} on resource: {}", who.arn, action, resource));
}
service_error too_many_sessions() {
    return told(400, "Throttling", "Rate exceeded: too many sessions are alive");
}

}  // namespace sts_error

std::optional<service_error> refused_token_code(json::value input) {
    if (!input.find("TokenCode").exists()) return std::nullopt;
    return sts_error::access_denied("MultiFactorAuthentication failed with invalid MFA one time pass code. ");
}

boost::system::result<role_name, service_error> read_role_arn(const std::string& arn) {
    const auto parts = parse_iam_arn(arn);
    if (!is_role_arn(arn) || !parts || parts->kind != "role")
        return sts_error::validation(fmt::format("{} is invalid", printable(arn)));
    return role_name{parts->account, arn, std::string{parts->name}};
}

principal session_principal(const role_name& role, const std::string& role_id,
                            const std::string& session_name) {
    principal out;
    out.account = role.account;
    out.arn = fmt::format("arn:aws:sts::{}:assumed-role/{}/{}", role.account.str(), role.name, session_name);
    out.user_id = (role_id.empty() ? derived_entity_id("AROA", role.arn) : role_id) + ":" + session_name;
    out.role_arn = role.arn;
    return out;
}

std::optional<service_error> read_session_policies(json::value input, const iam_store& iam,
                                                   const account_id& account, session_facts& into) {
    const std::string text = text_of(input, "Policy");
    if (!text.empty()) {
        auto read = policy_document::parse(text, policy_kind::session);
        if (!read) return iam_error::malformed_policy(read.error().message);
        into.policies.push_back(std::move(*read));
        into.limited = true;
    }
    for (const json::value each : input.find("PolicyArns").elements()) {
        const std::string arn = text_of(each, "arn");
        const iam_policy* p = iam.find_policy(arn);
        if (p == nullptr || (!p->of_aws && parse_iam_arn(arn)->account != account))
            return iam_error::malformed_policy(
                fmt::format("Policy {} does not exist or is not attachable.", arn));
        into.policies.push_back(p->current().policy.document);
        into.limited = true;
    }
    constexpr std::size_t managed_max = 10;
    if (input.find("PolicyArns").size() > managed_max)
        return sts_error::validation(
            fmt::format("A session can have at most {} managed policies.", managed_max));
    return std::nullopt;
}

std::optional<service_error> read_session_tags(json::value input, const session_facts* caller,
                                               session_facts& into) {
    const auto tags = read_tags(input);
    if (!tags) return sts_error::validation(tags.error().message);
    into.tags = *tags;
    for (const std::string& key : texts_of(input, "TransitiveTagKeys")) {
        if (!into.tags.contains(key))
            return told(400, "InvalidParameterValue",
                        "The specified transitive tag key must be included in the requested tags.");
        into.transitive_tags.insert(key);
    }
    if (caller == nullptr) return std::nullopt;
    for (const std::string& key : caller->transitive_tags) {
        if (into.tags.contains(key))
            return told(400, "InvalidParameterValue",
                        "One of the specified transitive tag keys can't be set because it conflicts with a "
                        "transitive tag key from the calling session.");
        into.tags.emplace(key, caller->tags.find(key)->second);
        into.transitive_tags.insert(key);
    }
    return std::nullopt;
}

std::optional<int> packed_percent(json::value input) {
    const std::size_t size = packed_size(input);
    if (size == 0) return std::nullopt;
    return static_cast<int>((size * 100 + packed_max - 1) / packed_max);
}

std::optional<service_error> packed_too_large(json::value input) {
    const auto percent = packed_percent(input);
    if (!percent || *percent <= 100) return std::nullopt;
    return told(
        400, "PackedPolicyTooLarge",
        fmt::format("Packed policy consumes {}% of allotted space, please use smaller policy.", *percent));
}

void write_credentials(json::writer& out, const identity_store::session& session) {
    const auto& c = session.credentials;
    out.key("Credentials").begin_object();
    out.member("AccessKeyId", c.access_key_id).member("SecretAccessKey", c.secret_access_key.reveal());
    out.member("SessionToken", c.session_token.reveal());
    out.member("Expiration", to_unix_seconds(*c.expires_at)).end_object();
}

void write_assumed_role(json::writer& out, const identity_store::session& session) {
    out.key("AssumedRoleUser").begin_object();
    out.member("AssumedRoleId", session.who.user_id).member("Arn", session.who.arn).end_object();
}

}  // namespace trainyard::aws::local
