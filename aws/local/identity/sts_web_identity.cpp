// AssumeRoleWithWebIdentity: a role for who has a token of an OpenID Connect provider.
#include <fmt/format.h>

#include <algorithm>

#include "aws/local/identity/iam_answer.hpp"
#include "aws/local/identity/sts_service.hpp"
#include "aws/local/identity/sts_session.hpp"
#include "aws/local/identity/web_token.hpp"
#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {
namespace {

service_error told(const char* code, std::string message) {
    return {400, code, code, std::move(message), true};
}

std::int64_t unix_seconds(wall_time t) {
    return to_unix_millis(t) / 1000;
}

// "accounts.example.com/path" of an issuer, as IAM names its provider.
std::string provider_url(std::string_view issuer) {
    constexpr std::string_view scheme = "https://";
    if (issuer.starts_with(scheme)) issuer.remove_prefix(scheme.size());
    while (issuer.ends_with('/')) issuer.remove_suffix(1);
    return std::string{issuer};
}

// What the token is worth by itself: its times and, where the issuer's keys are known, its signature.
std::optional<service_error> wrong_token(const web_token& token, const identity_options& options,
                                         wall_time now) {
    if (token.expires <= now)
        return told(
            "ExpiredTokenException",
            fmt::format("Token expired: current date/time {} must be before the expiration date/time {}",
                        unix_seconds(now), unix_seconds(token.expires)));
    if (token.not_before > now) return told("InvalidIdentityToken", "Token is not yet valid");
    const auto keys = options.issuer_keys.find(token.issuer);
    if (keys == options.issuer_keys.end()) return std::nullopt;
    if (const auto right = verify_web_token(token, keys->second); !right)
        return told("InvalidIdentityToken", right.error().message);
    return std::nullopt;
}

// The audience that the provider knows: azp where the token has it.
std::optional<std::string> known_audience(const web_token& token, const iam_provider& provider) {
    std::vector<std::string> offered = token.audience;
    if (!token.authorized_party.empty()) offered = {token.authorized_party};
    for (const std::string& a : offered)
        if (std::find(provider.client_ids.begin(), provider.client_ids.end(), a) != provider.client_ids.end())
            return a;
    return std::nullopt;
}

policy_context context_of_token(const web_token& token, const std::string& url, const std::string& audience,
                                json::value input) {
    const std::string prefix = lower(url) + ":";
    policy_context out{{"sts:rolesessionname", text_of(input, "RoleSessionName")}};
    for (const auto& [name, value] : token.claims) out.insert_or_assign(prefix + lower(name), value);
    out.insert_or_assign(prefix + "aud", audience);
    out.insert_or_assign(prefix + "oaud", token.audience);
    return out;
}

}  // namespace

service_reply sts_service::assume_role_with_web_identity(const operation_call& call) {
    const json::value in = call.input;
    const auto named = read_role_arn(text_of(in, "RoleArn"));
    if (!named) return named.error();
    const auto token = parse_web_token(text_of(in, "WebIdentityToken"));
    if (!token) return told("InvalidIdentityToken", token.error().message);
    if (auto wrong = wrong_token(*token, parts_.options, call.now)) return *std::move(wrong);
    session_request request;
    request.facts.owner_arn = named->arn;
    request.facts.of_role = true;
    if (auto wrong = packed_too_large(in)) return *std::move(wrong);
    if (auto wrong = read_session_policies(in, parts_.iam, named->account, request.facts))
        return *std::move(wrong);

    const auto found = parts_.trust.look_up(named->arn, call.now);
    const service_error refused =
        sts_error::access_denied("Not authorized to perform sts:AssumeRoleWithWebIdentity");
    if (found.is == role_trust::state::closed) return refused;
    const std::string url = provider_url(token->issuer);
    std::string provider_arn = fmt::format("arn:aws:iam::{}:oidc-provider/{}", named->account.str(), url);
    std::string audience = token->audience.front();
    if (found.role != nullptr) {
        const iam_provider* provider = parts_.iam.find_provider(provider_arn);
        if (provider == nullptr)
            return told("InvalidIdentityToken",
                        fmt::format("No OpenIDConnect provider found in your account for {}", token->issuer));
        const auto known = known_audience(*token, *provider);
        if (!known) return told("InvalidIdentityToken", "Incorrect token audience");
        audience = *known;
        const requester federated{requester::kind::federated, provider_arn};
        access what{"sts:AssumeRoleWithWebIdentity", named->arn, context_of_token(*token, url, audience, in)};
        add_time(what.context, call.now);
        if (!role_trust::lets_in(*found.role, federated, what)) return refused;
    }
    request.lifetime = std::chrono::seconds{in.find("DurationSeconds").integer().value_or(3600)};
    if (found.role != nullptr && request.lifetime > found.role->max_session)
        return sts_error::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    request.who = session_principal(*named, found.role ? found.role->id : "", text_of(in, "RoleSessionName"));
    const auto session = parts_.identities.open(std::move(request), call.now, parts_.random);
    if (!session) return sts_error::too_many_sessions();
    json::writer out;
    out.begin_object();
    write_credentials(out, *session);
    out.member("SubjectFromWebIdentityToken", token->subject);
    write_assumed_role(out, *session);
    if (const auto percent = packed_percent(in)) out.member("PackedPolicySize", *percent);
    out.member("Provider", provider_arn).member("Audience", audience).end_object();
    return out.take();
}

}  // namespace trainyard::aws::local
