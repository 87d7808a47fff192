// SimulatePrincipalPolicy and SimulateCustomPolicy: the evaluator, asked about requests that nobody makes.
#include <fmt/format.h>

#include <list>

#include "aws/local/identity/iam_service.hpp"
#include "aws/local/policy/evaluate.hpp"
#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {
namespace {

struct source {
    std::string id;
    std::string_view type;
    const policy_document* policy;
};

struct simulation {
    std::vector<source> identity;
    const policy_document* boundary = nullptr;
    const policy_document* resource = nullptr;
    requester who{requester::kind::aws, {}};
    policy_context context;
    std::list<policy_document> given;  // handed over with the call; a list keeps addresses

    std::optional<service_error> add(const std::vector<std::string>& texts, policy_kind kind,
                                     std::vector<const policy_document*>& into) {
        for (const std::string& text : texts) {
            auto read = policy_document::parse(text, kind);
            if (!read) return iam_error::invalid_input(read.error().message);
            into.push_back(&given.emplace_back(std::move(*read)));
        }
        return std::nullopt;
    }
};

// Policies and context of the input; the error of a policy that is none.
std::optional<service_error> read_input(json::value in, simulation& s) {
    std::vector<const policy_document*> listed, boundaries, resources;
    if (auto wrong = s.add(texts_of(in, "PolicyInputList"), policy_kind::identity, listed)) return wrong;
    for (std::size_t i = 0; i < listed.size(); ++i)
        s.identity.push_back({fmt::format("PolicyInputList.{}", i + 1), "none", listed[i]});
    if (auto wrong =
            s.add(texts_of(in, "PermissionsBoundaryPolicyInputList"), policy_kind::identity, boundaries))
        return wrong;
    if (boundaries.size() > 1)
        return iam_error::invalid_input("Only one permissions boundary policy is allowed.");
    if (!boundaries.empty()) s.boundary = boundaries.front();
    if (const std::string text = text_of(in, "ResourcePolicy"); !text.empty()) {
        if (auto wrong = s.add({text}, policy_kind::resource, resources)) return wrong;
        s.resource = resources.front();
    }
    for (const json::value entry : in.find("ContextEntries").elements())
        s.context.insert_or_assign(lower(text_of(entry, "ContextKeyName")),
                                   texts_of(entry, "ContextKeyValues"));
    return std::nullopt;
}

std::string_view as_told(access_decision::kind k) {
    switch (k) {
        case access_decision::kind::allowed: return "allowed";
        case access_decision::kind::denied_explicitly: return "explicitDeny";
        case access_decision::kind::denied_implicitly: return "implicitDeny";
    }
    return {};
}

void write_matched(json::writer& out, const simulation& s, const access& what) {
    out.key("MatchedStatements").begin_array();
    const auto write = [&](const std::string& id, std::string_view type, const policy_document& policy) {
        const policy_verdict v = evaluate(policy, s.who, what);
        if (!v.denied && v.allowed == grant::none) return;
        out.begin_object().member("SourcePolicyId", id).member("SourcePolicyType", type).end_object();
    };
    for (const source& each : s.identity) write(each.id, each.type, *each.policy);
    if (s.resource) write("ResourcePolicy", "resource", *s.resource);
    out.end_array();
}

void write_missing(json::writer& out, const simulation& s) {
    std::set<std::string> keys;
    const auto collect = [&keys](const policy_document& p) { keys.merge(p.condition_keys()); };
    for (const source& each : s.identity) collect(*each.policy);
    if (s.boundary) collect(*s.boundary);
    if (s.resource) collect(*s.resource);
    out.key("MissingContextValues").begin_array();
    for (const std::string& key : keys)
        if (!s.context.contains(key)) out.string(key);
    out.end_array();
}

void write_result(json::writer& out, const simulation& s, const access& what) {
    policy_stack stack;
    for (const source& each : s.identity) stack.identity.push_back(each.policy);
    stack.boundary = s.boundary;
    stack.resource = s.resource;
    const access_decision decision = decide(stack, s.who, what);
    out.begin_object().member("EvalActionName", what.action).member("EvalResourceName", what.resource);
    out.member("EvalDecision", as_told(decision.what));
    write_matched(out, s, what);
    write_missing(out, s);
    if (s.boundary)
        out.key("PermissionsBoundaryDecisionDetail")
            .begin_object()
            .member("AllowedByPermissionsBoundary", evaluate(*s.boundary, s.who, what).allowed != grant::none)
            .end_object();
    out.end_object();
}

service_reply answer(json::value in, const simulation& s) {
    std::vector<std::string> resources = texts_of(in, "ResourceArns");
    if (resources.empty()) resources.emplace_back("*");
    std::vector<access> asked;
    for (const std::string& action : texts_of(in, "ActionNames")) {
        if (action.find(':') == std::string::npos)
            return iam_error::invalid_input(fmt::format("Invalid action name: {}", action));
        for (const std::string& resource : resources) asked.push_back({action, resource, s.context});
    }
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < asked.size(); ++i) keys.push_back(fmt::format("{:08}", i));
    return list_answer(in, "EvaluationResults", keys,
                       [&](json::writer& out, std::size_t i) { write_result(out, s, asked[i]); });
}

}  // namespace

service_reply iam_service::simulate_principal_policy(const operation_call& call) {
    const std::string arn = text_of(call.input, "PolicySourceArn");
    const auto parts = parse_iam_arn(arn);
    if (!parts || (parts->kind != "role" && parts->kind != "user"))
        return iam_error::invalid_input(
            fmt::format("Invalid Entity Arn: {} does not clearly define entity type and name.", arn));
    const iam_identity* who = nullptr;
    if (parts->account == call.who.account) {
        if (parts->kind == "role")
            who = store_.find_role(arn);
        else
            who = store_.find_user(arn);
    }
    if (who == nullptr)
        return iam_error::no_such_entity(
            fmt::format("The {} with name {} cannot be found.", parts->kind, parts->name));
    simulation s;
    s.who = requester{requester::kind::aws, arn};
    s.who.account = parts->account.str();
    const std::string_view kind = parts->kind == "role" ? "role" : "user";
    for (const auto& [name, policy] : who->inline_policies)
        s.identity.push_back({fmt::format("{}_{}_{}", kind, who->name, name), kind, &policy.document});
    for (const std::string& attached : who->attached)
        if (const iam_policy* p = store_.find_policy(attached))
            s.identity.push_back(
                {p->name, p->of_aws ? "aws-managed" : "user-managed", &p->current().policy.document});
    s.boundary = store_.policies_of(*who).boundary;
    if (auto wrong = read_input(call.input, s)) return *std::move(wrong);
    return answer(call.input, s);
}

service_reply iam_service::simulate_custom_policy(const operation_call& call) {
    simulation s;
    const std::string caller = text_of(call.input, "CallerArn");
    s.who = requester{requester::kind::aws, caller.empty() ? call.who.arn : caller};
    const auto parts = parse_iam_arn(s.who.name);
    s.who.account = parts ? parts->account.str() : call.who.account.str();
    if (auto wrong = read_input(call.input, s)) return *std::move(wrong);
    return answer(call.input, s);
}

}  // namespace trainyard::aws::local
