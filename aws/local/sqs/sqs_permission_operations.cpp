// Who may use a queue: its policy, and the two operations that edit it by label.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "aws/local/sqs/sqs_operations.hpp"

namespace trainyard::aws::local {

namespace {

constexpr std::size_t max_label = 80;
constexpr std::size_t max_actions = 7;  // of one AddPermission

// What a policy may allow to another account; everything else is the owner's alone ("Amazon SQS API
// permissions").
bool is_for_other_accounts(std::string_view action) {
    constexpr std::array<std::string_view, 8> open{
        "ChangeMessageVisibility",    "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
        "ListDeadLetterSourceQueues", "PurgeQueue",    "ReceiveMessage",     "SendMessage"};
    return std::find(open.begin(), open.end(), action) != open.end();
}

bool is_label(std::string_view label) {
    return label.size() <= max_label && std::all_of(label.begin(), label.end(), [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

bool is_account(std::string_view id) {
    return id.size() == 12 && id.find_first_not_of("0123456789") == std::string_view::npos;
}

// AWS writes a list of one as a plain string.
void write_list(json::writer& out, std::string_view key, const std::vector<std::string>& values) {
    out.key(key);
    if (values.size() == 1) {
        out.string(values.front());
        return;
    }
    out.begin_array();
    for (const std::string& v : values) out.string(v);
    out.end_array();
}

struct permission {
    std::string_view label;
    std::vector<std::string> principals, actions;  // as the policy names them
};

std::vector<json::value> statements_of(json::value policy) {
    const json::value all = policy.find("Statement");
    std::vector<json::value> out;
    if (all.is_object()) out.push_back(all);
    for (const json::value s : all.elements()) out.push_back(s);
    return out;
}

// `policy` (missing: none yet) with other statements.
std::string rewritten(json::value policy, const std::vector<json::value>& statements,
                      const std::string& queue_arn, const permission* added) {
    json::writer out;
    out.begin_object();
    if (!policy.exists()) {
        out.member("Version", "2008-10-17");
        out.member("Id", queue_arn + "/SQSDefaultPolicy");
    }
    const auto all = policy.members();
    for (auto at = all.begin(); at != all.end(); ++at)
        if (at.key() != "Statement") out.member(at.key(), *at);
    out.key("Statement").begin_array();
    for (const json::value s : statements) out.copy(s);
    if (added != nullptr) {
        out.begin_object().member("Sid", added->label).member("Effect", "Allow");
        out.key("Principal").begin_object();
        write_list(out, "AWS", added->principals);
        out.end_object();
        write_list(out, "Action", added->actions);
        out.member("Resource", queue_arn).end_object();
    }
    out.end_array().end_object();
    return out.take();
}

json::document policy_of(const queue& q) {
    const auto found = q.attributes.values().find("Policy");
    if (found == q.attributes.values().end()) return {};
    auto parsed = json::document::parse(found->second);
    return parsed ? std::move(*parsed) : json::document();  // it was checked when it was set
}

}  // namespace

sqs_result<void> sqs_operations::authorise(const operation_call& call, const queue& q) const {
    const auto& policy = q.attributes.policy();
    // It allows everything that is the caller's own and has no policy: nothing to put together for that.
    const bool open = &permissions_ == &open_authorizer::instance();
    if (open && !policy && q.key.account == call.who.account) return {};
    // A batch is authorised as its single form.
    std::string_view action = call.operation;
    if (action.ends_with("Batch")) action.remove_suffix(std::string_view("Batch").size());
    const access what{
        fmt::format("sqs:{}", action), q.key.arn(), {{"aws:requestedregion", call.region.str()}}};
    const policy_document* document = policy ? &policy->document() : nullptr;
    auto decision = permissions_.authorize(call.who, what, q.key.account, document, call.now);
    if (decision.allowed() && q.key.account != call.who.account && !is_for_other_accounts(action))
        decision = {access_decision::kind::denied_implicitly, policy_source::resource};
    if (decision.allowed()) return {};
    return sqs_error::access_denied(call.who, what, decision);
}

service_reply sqs_operations::add_permission(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    permission added{in.required("Label"), {}, {}};
    const auto accounts = in.texts("AWSAccountIds");
    const auto actions = in.texts("Actions");
    if (in.failed()) return in.error();
    if (!is_label(added.label))
        return sqs_error::invalid_value(
            added.label, "Label",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.");
    if (actions.empty()) return sqs_error::missing_parameter("Actions");
    if (actions.size() > max_actions)
        return sqs_error::plain(
            "OverLimit", 403,
            fmt::format("{} Actions were found, maximum allowed is {}.", actions.size(), max_actions));
    for (const std::string& action : actions) {
        if (action != "*" && !is_for_other_accounts(action))
            return sqs_error::invalid_value("SQS:" + action, "ActionName",
                                            "Only the queue owner is allowed to invoke this action.");
        added.actions.push_back("SQS:" + action);
    }
    if (accounts.empty() || !std::all_of(accounts.begin(), accounts.end(), is_account))
        return sqs_error::invalid_value(fmt::format("[{}]", fmt::join(accounts, ", ")), "PrincipalId",
                                        "Unable to verify.");
    for (const std::string& account : accounts)
        added.principals.push_back(fmt::format("arn:aws:iam::{}:root", account));
    const json::document old = policy_of(**q);
    const auto statements = statements_of(old.root());
    if (std::any_of(statements.begin(), statements.end(),
                    [&](json::value s) { return s.find("Sid").string() == added.label; }))
        return sqs_error::invalid_value(added.label, "Label", "Already exists.");
    const std::string text =
        rewritten(old.root().is_null() ? json::value() : old.root(), statements, (*q)->key.arn(), &added);
    if (const auto fits = queue_policy::parse(text); !fits)
        return sqs_error::plain("OverLimit", 403, fits.error().message);
    const auto set = registry_.set_attributes(**q, {{"Policy", text}}, call.now);
    if (!set) return set.error();
    return std::string();
}

service_reply sqs_operations::remove_permission(const operation_call& call) {
    const auto q = addressed(call);
    if (!q) return q.error();
    sqs_input in(call.input);
    const std::string_view label = in.required("Label");
    if (in.failed()) return in.error();
    const json::document old = policy_of(**q);
    auto statements = statements_of(old.root());
    if (std::erase_if(statements, [&](json::value s) { return s.find("Sid").string() == label; }) == 0)
        return sqs_error::invalid_value(label, "Label", "can't find label.");
    const std::string text =
        statements.empty() ? std::string() : rewritten(old.root(), statements, (*q)->key.arn(), nullptr);
    const auto set = registry_.set_attributes(**q, {{"Policy", text}}, call.now);
    if (!set) return set.error();
    return std::string();
}

}  // namespace trainyard::aws::local
