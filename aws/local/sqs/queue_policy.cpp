#include "aws/local/sqs/queue_policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace trainyard::aws::local {

namespace {

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

// The first five parts end at a colon, the sixth is the rest.
std::optional<std::array<std::string_view, 6>> split_arn(std::string_view arn) {
    std::array<std::string_view, 6> parts;
    for (std::size_t i = 0; i < 5; ++i) {
        const auto colon = arn.find(':');
        if (colon == std::string_view::npos) return std::nullopt;
        parts[i] = arn.substr(0, colon);
        arn.remove_prefix(colon + 1);
    }
    parts[5] = arn;
    return parts;
}

// ArnEquals and ArnLike are the same: wildcards do not cross the colons.
bool matches_arn(std::string_view pattern, std::string_view arn) {
    const auto p = split_arn(pattern), a = split_arn(arn);
    if (!p || !a) return false;
    return std::equal(p->begin(), p->end(), a->begin(), matches_pattern);
}

bool matches_principal(std::string_view pattern, const principal& who) {
    const std::string& account = who.account.str();
    if (pattern == "*" || pattern == account || pattern == who.arn) return true;
    if (pattern == "arn:aws:iam::" + account + ":root") return true;
    // A role is meant with all its sessions: role/path/name against assumed-role/name/session.
    const std::string role = "arn:aws:iam::" + account + ":role/";
    const std::string session = "arn:aws:sts::" + account + ":assumed-role/";
    if (!pattern.starts_with(role) || !who.arn.starts_with(session)) return false;
    const std::string_view name = pattern.substr(pattern.rfind('/') + 1);
    std::string_view assumed = std::string_view(who.arn).substr(session.size());
    assumed = assumed.substr(0, assumed.find('/'));
    return name == assumed;
}

bool is_known_operator(std::string_view op) {
    constexpr std::array<std::string_view, 11> known{"StringEquals",
                                                     "StringNotEquals",
                                                     "StringEqualsIgnoreCase",
                                                     "StringNotEqualsIgnoreCase",
                                                     "StringLike",
                                                     "StringNotLike",
                                                     "ArnEquals",
                                                     "ArnNotEquals",
                                                     "ArnLike",
                                                     "ArnNotLike",
                                                     "Bool"};
    return std::find(known.begin(), known.end(), op) != known.end();
}

bool matches_value(std::string_view op, std::string_view wanted, std::string_view actual) {
    if (op.starts_with("Arn")) return matches_arn(wanted, actual);
    if (op == "StringLike") return matches_pattern(wanted, actual);
    if (op == "StringEquals") return wanted == actual;
    return lower(wanted) == lower(actual);  // Bool, StringEqualsIgnoreCase
}

error malformed(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}
error beyond(std::string_view what, std::size_t found, std::size_t limit) {
    return {errc::limit, fmt::format("{} {} were found, maximum allowed is {}.", found, what, limit)};
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
            ++p, ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

policy_context context_of(const principal& who) {
    return {{"aws:principalaccount", who.account.str()},
            {"aws:principalarn", who.arn},
            {"aws:securetransport", "true"},
            {"aws:userid", who.user_id}};
}

struct queue_policy::parser {
    std::size_t principals = 0, conditions = 0;

    // One string or a list of them, never empty.
    static result<std::vector<std::string>> strings(json::value v, std::string_view what) {
        std::vector<std::string> out;
        if (v.is_string()) out.emplace_back(*v.string());
        for (const json::value each : v.elements()) {
            if (!each.is_string()) return malformed(fmt::format("{} holds what is not a string", what));
            out.emplace_back(*each.string());
        }
        if (out.empty()) return malformed(fmt::format("{} must be a string or a list of strings", what));
        return out;
    }

    // `name` or its opposite, never both.
    static result<std::pair<json::value, bool>> either(json::value s, std::string_view name) {
        const json::value plain = s.find(name), inverted = s.find(fmt::format("Not{}", name));
        if (plain.exists() && inverted.exists())
            return malformed(fmt::format("a statement has both {} and Not{}", name, name));
        if (plain.exists()) return std::pair(plain, false);
        return std::pair(inverted, true);
    }

    result<selection> read_principals(json::value s) {
        const auto found = either(s, "Principal");
        if (!found) return found.error();
        const auto& [value, inverted] = *found;
        selection out{inverted, {}};
        if (value.string() == "*") {
            out.patterns.emplace_back("*");
        } else if (value.is_object() && value.size() > 0) {
            const auto all = value.members();
            for (auto at = all.begin(); at != all.end(); ++at) {
                auto listed = strings(*at, "Principal");
                if (!listed) return listed.error();
                principals += listed->size();
                // Services, federations and canonical users never sign calls here.
                if (at.key() == "AWS") out.patterns = std::move(*listed);
            }
        } else {
            return malformed("a statement needs a Principal: \"*\" or an object");
        }
        return out;
    }

    static result<selection> read_actions(json::value s) {
        const auto found = either(s, "Action");
        if (!found) return found.error();
        auto listed = strings(found->first, "Action");
        if (!listed) return listed.error();
        for (std::string& action : *listed) {
            action = lower(action);
            if (action != "*" && !action.starts_with("sqs:"))
                return malformed(fmt::format("{} is not an action of SQS", action));
        }
        return selection{found->second, std::move(*listed)};
    }

    static result<selection> read_resources(json::value s) {
        const auto found = either(s, "Resource");
        if (!found) return found.error();
        if (!found->first.exists()) return selection{false, {"*"}};  // the queue that holds the policy
        auto listed = strings(found->first, "Resource");
        if (!listed) return listed.error();
        return selection{found->second, std::move(*listed)};
    }

    result<std::vector<condition>> read_conditions(json::value s) {
        constexpr std::string_view suffix = "IfExists";
        std::vector<condition> out;
        const json::value all = s.find("Condition");
        if (all.exists() && !all.is_object()) return malformed("Condition must be an object");
        const auto operators = all.members();
        for (auto op = operators.begin(); op != operators.end(); ++op) {
            if (!(*op).is_object()) return malformed("a condition operator needs an object");
            const auto keys = (*op).members();
            for (auto key = keys.begin(); key != keys.end(); ++key) {
                condition c{std::string(op.key()), false, lower(key.key()), {}};
                c.if_exists = c.op.ends_with(suffix);
                if (c.if_exists) c.op.resize(c.op.size() - suffix.size());
                for (const json::value v : (*key).elements()) c.values.push_back(text_of(v));
                if (!(*key).is_array()) c.values.push_back(text_of(*key));
                if (c.values.empty()) return malformed("a condition key needs values");
                out.push_back(std::move(c));
                ++conditions;
            }
        }
        return out;
    }

    static std::string text_of(json::value scalar) {
        if (const auto text = scalar.string()) return std::string(*text);
        return json::to_text(scalar);  // true, false and numbers stand for their text
    }

    result<statement> read(json::value s) {
        if (!s.is_object()) return malformed("a statement must be an object");
        statement out;
        const auto effect = s.find("Effect").string();
        if (effect != "Allow" && effect != "Deny") return malformed("Effect must be Allow or Deny");
        out.deny = effect == "Deny";
        auto who = read_principals(s);
        if (!who) return who.error();
        auto actions = read_actions(s);
        if (!actions) return actions.error();
        auto resources = read_resources(s);
        if (!resources) return resources.error();
        auto when = read_conditions(s);
        if (!when) return when.error();
        out.principals = std::move(*who);
        out.actions = std::move(*actions);
        out.resources = std::move(*resources);
        out.conditions = std::move(*when);
        return out;
    }
};

result<queue_policy> queue_policy::parse(std::string_view text) {
    if (text.size() > max_policy_bytes) return beyond("Bytes", text.size(), max_policy_bytes);
    const auto parsed = json::document::parse(text);
    if (!parsed) return parsed.error();
    const json::value root = parsed->root(), statements = root.find("Statement"),
                      version = root.find("Version");
    if (!root.is_object()) return malformed("a policy must be an object");
    if (version.exists() && version.string() != "2012-10-17" && version.string() != "2008-10-17")
        return malformed("Version must be 2012-10-17 or 2008-10-17");
    std::vector<json::value> list;
    if (statements.is_object()) list.push_back(statements);
    for (const json::value s : statements.elements()) list.push_back(s);
    if (list.empty()) return malformed("a policy needs a Statement");
    if (list.size() > max_policy_statements) return beyond("Statements", list.size(), max_policy_statements);
    queue_policy out;
    parser in;
    for (const json::value s : list) {
        auto read = in.read(s);
        if (!read) return read.error();
        out.statements_.push_back(std::move(*read));
    }
    if (in.principals > max_policy_principals)
        return beyond("Principals", in.principals, max_policy_principals);
    if (in.conditions > max_policy_conditions)
        return beyond("Conditions", in.conditions, max_policy_conditions);
    return out;
}

bool queue_policy::holds(const condition& c, const policy_context& context) {
    if (!is_known_operator(c.op)) return false;
    std::string op = c.op;
    const auto negation = op.find("Not");
    const bool negated = negation != std::string::npos;
    if (negated) op.erase(negation, 3);
    const auto actual = context.find(c.key);
    // An absent key equals nothing.
    if (actual == context.end()) return c.if_exists || negated;
    bool found = false;
    for (const std::string& wanted : c.values) {
        if (wanted.find("${") != std::string::npos) return false;
        found = found || matches_value(op, wanted, actual->second);
    }
    return found != negated;
}

bool queue_policy::applies(const statement& s, const principal& who, std::string_view action,
                           std::string_view resource, const policy_context& context) {
    const auto chosen = [](const selection& from, const auto& matches) {
        return std::any_of(from.patterns.begin(), from.patterns.end(), matches) != from.inverted;
    };
    return chosen(s.principals, [&](const auto& p) { return matches_principal(p, who); }) &&
           chosen(s.actions, [&](const auto& p) { return matches_pattern(p, action); }) &&
           chosen(s.resources, [&](const auto& p) { return matches_pattern(p, resource); }) &&
           std::all_of(s.conditions.begin(), s.conditions.end(),
                       [&](const condition& c) { return holds(c, context); });
}

policy_decision queue_policy::evaluate(const principal& who, std::string_view action,
                                       std::string_view resource, const policy_context& context) const {
    const std::string full = "sqs:" + lower(action);
    policy_decision decision = policy_decision::neither;
    for (const statement& s : statements_) {
        if (!applies(s, who, full, resource, context)) continue;
        if (s.deny) return policy_decision::deny;
        decision = policy_decision::allow;
    }
    return decision;
}

}  // namespace trainyard::aws::local
