// AssumeRole.
#include <fmt/format.h>

#include "aws/local/identity/iam_answer.hpp"
#include "aws/local/identity/sts_service.hpp"
#include "aws/local/identity/sts_session.hpp"
#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::chrono::hours chained_max{1};

// The condition keys of a request for a session.
policy_context context_of_request(json::value input, const session_facts& facts) {
    policy_context out{{"sts:rolesessionname", text_of(input, "RoleSessionName")}};
    if (const std::string id = text_of(input, "ExternalId"); !id.empty()) out.emplace("sts:externalid", id);
    if (!facts.source_identity.empty()) out.emplace("sts:sourceidentity", facts.source_identity);
    std::vector<std::string> keys;
    for (const json::value tag : input.find("Tags").elements()) {
        keys.push_back(text_of(tag, "Key"));
        out.insert_or_assign("aws:requesttag/" + lower(keys.back()), text_of(tag, "Value"));
    }
    if (!keys.empty()) out.emplace("aws:tagkeys", std::move(keys));
    if (auto transitive = texts_of(input, "TransitiveTagKeys"); !transitive.empty())
        out.emplace("sts:transitivetagkeys", std::move(transitive));
    return out;
}

std::optional<service_error> too_long(std::chrono::seconds asked, const iam_role* role, bool chained) {
    if (chained && asked > chained_max)
        return sts_error::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role "
            "chaining.");
    if (role != nullptr && asked > role->max_session)
        return sts_error::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.");
    return std::nullopt;
}

}  // namespace

service_reply sts_service::assume_role(const operation_call& call) {
    const json::value in = call.input;
    const auto named = read_role_arn(text_of(in, "RoleArn"));
    if (!named) return named.error();
    if (auto wrong = refused_token_code(in)) return *std::move(wrong);
    const session_facts* caller = parts_.identities.facts_of(call.who.access_key_id);
    session_request request;
    session_facts& facts = request.facts;
    facts.owner_arn = named->arn;
    facts.of_role = true;
    if (auto wrong = packed_too_large(in)) return *std::move(wrong);
    if (auto wrong = read_session_policies(in, parts_.iam, named->account, facts)) return *std::move(wrong);
    if (auto wrong = read_session_tags(in, caller, facts)) return *std::move(wrong);
    // Once set, a source identity stays with every session that follows.
    const std::string asked_identity = text_of(in, "SourceIdentity");
    facts.source_identity =
        caller && !caller->source_identity.empty() ? caller->source_identity : asked_identity;
    if (!asked_identity.empty() && asked_identity != facts.source_identity)
        return sts_error::not_authorized(call.who, "sts:SetSourceIdentity", named->arn);

    const auto found = parts_.trust.look_up(named->arn, call.now);
    const auto refused = [&](std::string_view action) {
        return sts_error::not_authorized(call.who, action, named->arn);
    };
    if (found.is == role_trust::state::closed) return refused("sts:AssumeRole");
    if (found.role != nullptr) {
        access what{"sts:AssumeRole", named->arn, context_of_request(in, facts)};
        for (const auto& [key, value] : found.role->tags)
            what.context.emplace("aws:resourcetag/" + lower(key), value);
        std::vector<const char*> actions{"sts:AssumeRole"};
        if (!facts.tags.empty()) actions.push_back("sts:TagSession");
        if (!facts.source_identity.empty()) actions.push_back("sts:SetSourceIdentity");
        for (const char* action : actions) {
            what.action = action;
            if (!parts_.trust.lets_in(*found.role, call.who, what, call.now)) return refused(action);
        }
    }
    request.lifetime = std::chrono::seconds{in.find("DurationSeconds").integer().value_or(3600)};
    if (auto wrong = too_long(request.lifetime, found.role, caller != nullptr && caller->of_role))
        return *std::move(wrong);
    request.who = session_principal(*named, found.role ? found.role->id : "", text_of(in, "RoleSessionName"));
    const std::string source_identity = facts.source_identity;
    const auto session = parts_.identities.open(std::move(request), call.now, parts_.random);
    if (!session) return sts_error::too_many_sessions();
    json::writer out;
    out.begin_object();
    write_credentials(out, *session);
    write_assumed_role(out, *session);
    if (const auto percent = packed_percent(in)) out.member("PackedPolicySize", *percent);
    if (!source_identity.empty()) out.member("SourceIdentity", source_identity);
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local
