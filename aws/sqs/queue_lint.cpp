#include "aws/sqs/queue_lint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/base/json.hpp"

namespace trainyard::aws::sqs {

namespace {

// A few lost answers and restarts must not send a good message to the dead-letter queue.
constexpr std::int64_t receives_min = 5;
// Below it a slow commit or a paused machine lets messages come back while they are being recorded.
constexpr std::int64_t visibility_min = 30;

std::int64_t number(const queue_attributes& of, const std::string& name, std::int64_t fallback) {
    const auto found = of.find(name);
    if (found == of.end()) return fallback;
    std::int64_t out = fallback;
    std::from_chars(found->second.data(), found->second.data() + found->second.size(), out);
    return out;
}

std::string text(const queue_attributes& of, const std::string& name) {
    const auto found = of.find(name);
    return found == of.end() ? std::string{} : found->second;
}

bool is_fifo(const queue_attributes& q) {
    return text(q, "FifoQueue") == "true" || text(q, "QueueArn").ends_with(".fifo");
}

struct redrive {
    std::string target;
    std::int64_t receives = 0;
};
std::optional<redrive> read_redrive(const queue_attributes& queue) {
    const auto parsed = json::document::parse(text(queue, "RedrivePolicy"));
    if (!parsed) return std::nullopt;
    const json::value root = parsed->root();
    const auto target = root.find("deadLetterTargetArn").string();
    if (!target) return std::nullopt;
    redrive out{std::string{*target}, 0};
    // SQS takes and gives it as a number or as a string.
    if (const auto n = root.find("maxReceiveCount").integer()) out.receives = *n;
    if (const auto s = root.find("maxReceiveCount").string())
        std::from_chars(s->data(), s->data() + s->size(), out.receives);
    return out;
}

// IAM's lists of one may stand without brackets.
template <class Test>
bool any_of(json::value v, const Test& test) {
    if (const auto s = v.string()) return test(*s);
    const auto all = v.elements();
    for (auto it = all.begin(); it != all.end(); ++it)
        if (const auto s = (*it).string(); s && test(*s)) return true;
    return false;
}

bool same_letters(char a, char b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return lower(a) == lower(b);
}

// '*' and '?' as IAM has them; actions compare without case.
bool matches(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern[0] == '*')
        return matches(pattern.substr(1), name) || (!name.empty() && matches(pattern, name.substr(1)));
    return !name.empty() && (pattern[0] == '?' || same_letters(pattern[0], name[0])) &&
           matches(pattern.substr(1), name.substr(1));
}

bool allows_sending(json::value statement) {
    constexpr std::size_t pattern_max = 64;
    const auto is_send = [](std::string_view p) {
        return p.size() <= pattern_max && matches(p, "sqs:SendMessage");
    };
    if (statement.find("NotAction").exists()) return !any_of(statement.find("NotAction"), is_send);
    return any_of(statement.find("Action"), is_send);
}

bool is_everybody(json::value statement) {
    if (statement.find("NotPrincipal").exists()) return true;
    const auto star = [](std::string_view p) { return p == "*"; };
    const json::value principal = statement.find("Principal");
    return any_of(principal, star) || any_of(principal.find("AWS"), star);
}

// Conditions that leave few of everybody, when their values are no wildcards.
bool limits_senders(json::value conditions) {
    constexpr std::array<std::string_view, 11> limiting{
        "aws:sourcearn",        "aws:sourceaccount", "aws:sourceorgid",    "aws:sourceorgpaths",
        "aws:principalaccount", "aws:principalarn",  "aws:principalorgid", "aws:principalorgpaths",
        "aws:sourcevpce",       "aws:sourcevpc",     "aws:sourceip"};
    const auto operators = conditions.members();
    for (auto op = operators.begin(); op != operators.end(); ++op) {
        // Negated and "if it is there" operators let those pass who say nothing.
        if (op.key().find("Not") != std::string_view::npos || op.key().ends_with("IfExists") ||
            op.key() == "Null")
            continue;
        const auto keys = (*op).members();
        for (auto k = keys.begin(); k != keys.end(); ++k) {
            const std::string_view key = k.key();
            const bool known = std::any_of(limiting.begin(), limiting.end(), [&](std::string_view l) {
                return std::equal(l.begin(), l.end(), key.begin(), key.end(), same_letters);
            });
            const auto open = [](std::string_view v) { return v == "*" || v == "0.0.0.0/0" || v == "::/0"; };
            if (known && !any_of(*k, open)) return true;
        }
    }
    return false;
}

// The Sid or number of the statement that lets everybody send; empty: none does.
std::string open_statement(const std::string& policy) {
    const auto parsed = json::document::parse(policy);
    if (!parsed) return {};
    const json::value statements = parsed->root().find("Statement");
    const auto opens = [](json::value s) {
        return s.find("Effect").string() == "Allow" && is_everybody(s) && allows_sending(s) &&
               !limits_senders(s.find("Condition"));
    };
    const auto name = [](json::value s, std::size_t i) {
        const auto sid = s.find("Sid").string();
        return sid ? "'" + std::string{*sid} + "'" : "number " + std::to_string(i + 1);
    };
    if (statements.is_object()) return opens(statements) ? name(statements, 0) : "";
    std::size_t i = 0;
    for (const auto s : statements.elements()) {
        if (opens(s)) return name(s, i);
        ++i;
    }
    return {};
}

}  // namespace

std::string dead_letter_arn(const queue_attributes& queue) {
    const auto r = read_redrive(queue);
    return r ? r->target : std::string{};
}

std::vector<lint_finding> lint_queue(const queue_attributes& queue,
                                     const std::optional<queue_attributes>& dead_letters) {
    std::vector<lint_finding> out;
    const auto found = [&out](std::string_view rule, std::string message, std::string advice) {
        out.push_back({rule, std::move(message), std::move(advice)});
    };
    const auto redrive = read_redrive(queue);
    if (!redrive) {
        found("no-dead-letter-queue", "it has no dead-letter queue",
              "set RedrivePolicy: a message that cannot be received would come back until it expires");
    } else {
        if (redrive->receives < receives_min)
            found(
                "receive-count-low",
                fmt::format("a message goes to the dead-letter queue after {} receives", redrive->receives),
                fmt::format("set maxReceiveCount to {} or more: restarts and lost answers count as receives",
                            receives_min));
        if (redrive->target.ends_with(".fifo") != is_fifo(queue))
            found("dead-letter-queue-type",
                  fmt::format("its dead-letter queue {} is of the other type", redrive->target),
                  "a FIFO queue needs a FIFO dead-letter queue, a standard queue a standard one");
        if (!dead_letters)
            found("dead-letter-queue-missing",
                  fmt::format("its dead-letter queue {} does not exist", redrive->target),
                  "create it, or correct RedrivePolicy: until then such messages come back for ever");
        constexpr std::int64_t four_days = 345'600;
        const std::int64_t kept = number(queue, "MessageRetentionPeriod", four_days);
        const std::int64_t kept_dead =
            dead_letters ? number(*dead_letters, "MessageRetentionPeriod", four_days) : kept + 1;
        // A standard queue's message keeps its age when it moves; at 14 days, SQS's most, no more is to be
        // had.
        constexpr std::int64_t fourteen_days = 1'209'600;
        if (kept_dead <= kept && kept_dead < fourteen_days)
            found(
                "dead-letter-retention",
                fmt::format("its dead-letter queue keeps messages for {} s, itself for {} s", kept_dead,
                            kept),
                "give the dead-letter queue a longer MessageRetentionPeriod: a message's age counts from its "
                "first queue");
    }
    if (const auto visible = number(queue, "VisibilityTimeout", visibility_min); visible < visibility_min)
        found("visibility-short", fmt::format("its visibility timeout is {} s", visible),
              fmt::format(
                  "set VisibilityTimeout to {} s or more: what is being recorded would be received again",
                  visibility_min));
    if (const std::string open = open_statement(text(queue, "Policy")); !open.empty())
        found("policy-open", fmt::format("statement {} of its policy lets everybody send", open),
              "name the principals, or add a condition such as aws:SourceArn or aws:PrincipalOrgID");
    return out;
}

}  // namespace trainyard::aws::sqs
