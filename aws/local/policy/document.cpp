#include "aws/local/policy/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {
namespace {

constexpr const char* syntax = "Syntax errors in policy.";

error malformed(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

std::string text_of(json::value scalar) {
    if (const auto text = scalar.string()) return std::string(*text);
    return json::to_text(scalar);  // true, false and numbers stand for their text
}

bool is_scalar(json::value v) {
    return !v.is_null() && !v.is_array() && !v.is_object();
}

// One string or a list of them; an empty list stands for a mistake that the caller tells.
std::optional<std::vector<std::string>> strings(json::value v) {
    std::vector<std::string> out;
    if (v.is_string()) {
        out.emplace_back(*v.string());
        return out;
    }
    if (!v.is_array()) return std::nullopt;
    for (const json::value each : v.elements()) {
        if (!each.is_string()) return std::nullopt;
        out.emplace_back(*each.string());
    }
    return out;
}

class reader {
public:
    explicit reader(policy_kind kind) : kind_(kind) {}

    result<policy_statement> read(json::value s) {
        if (!s.is_object()) return malformed(syntax);
        const auto members = s.members();
        for (auto at = members.begin(); at != members.end(); ++at)
            if (!is_element(at.key())) return malformed(syntax);
        policy_statement out;
        const auto effect = s.find("Effect").string();
        if (effect != "Allow" && effect != "Deny") return malformed(syntax);
        out.deny = effect == "Deny";
        if (const json::value sid = s.find("Sid"); sid.exists()) {
            if (!sid.is_string()) return malformed(syntax);
            out.sid = *sid.string();
            if (!out.sid.empty() && !sids_.insert(out.sid).second)
                return malformed("Statement IDs (SID) in a single policy must be unique.");
        }
        for (const auto& wrong : {principals(s, out), actions(s, out), resources(s, out), conditions(s, out)})
            if (wrong) return malformed(*wrong);
        return out;
    }

private:
    using mistake = std::optional<std::string>;  // AWS's text

    static bool is_element(std::string_view name) {
        constexpr std::array<std::string_view, 9> known{"Sid",          "Effect",      "Principal",
                                                        "NotPrincipal", "Action",      "NotAction",
                                                        "Resource",     "NotResource", "Condition"};
        return std::find(known.begin(), known.end(), name) != known.end();
    }
    bool has_principals() const { return kind_ == policy_kind::resource || kind_ == policy_kind::trust; }

    // `name` or its opposite, never both.
    static bool either(json::value s, std::string_view name, json::value& value, bool& inverted) {
        value = s.find(name);
        const json::value opposite = s.find(fmt::format("Not{}", name));
        if (value.exists() && opposite.exists()) return false;
        inverted = opposite.exists();
        if (inverted) value = opposite;
        return true;
    }

    mistake principals(json::value s, policy_statement& out) const {
        json::value value;
        if (!either(s, "Principal", value, out.principals.inverted)) return syntax;
        if (!has_principals())
            return value.exists() ? mistake{"Policy document should not specify a principal."} : std::nullopt;
        if (!value.exists()) return "Missing required field Principal";
        if (value.string() == "*") {
            out.principals.everybody = true;
            return std::nullopt;
        }
        if (value.is_string()) return fmt::format("Invalid principal in policy: \"{}\"", *value.string());
        if (!value.is_object() || value.size() == 0) return syntax;
        const auto kinds = value.members();
        for (auto at = kinds.begin(); at != kinds.end(); ++at)
            if (auto wrong = principals_of(at.key(), *at, out.principals)) return wrong;
        return std::nullopt;
    }

    static mistake principals_of(std::string_view kind, json::value value, principal_selection& out) {
        auto names = strings(value);
        if (!names || names->empty()) return syntax;
        out.named += names->size();
        if (kind == "CanonicalUser") return std::nullopt;  // of S3: never signs calls here
        if (kind != "AWS" && kind != "Service" && kind != "Federated")
            return fmt::format("Invalid principal in policy: \"{}\":\"{}\"", kind, names->front());
        for (std::string& name : *names) {
            if (kind == "AWS" && name == "*")
                out.everybody = true;
            else if (kind == "AWS" && !is_account_or_arn(name))
                return fmt::format("Invalid principal in policy: \"AWS\":\"{}\"", name);
            else
                (kind == "AWS"       ? out.aws
                 : kind == "Service" ? out.services
                                     : out.federated)
                    .push_back(std::move(name));
        }
        return std::nullopt;
    }

    // An ARN of IAM or STS without wildcards, the id of an account, or the unique id that stays in a policy
    // when its role is deleted.
    static bool is_account_or_arn(std::string_view name) {
        if (name.find_first_of("*?") != std::string_view::npos) return false;
        if (name.starts_with("arn:")) return std::count(name.begin(), name.end(), ':') >= 5;
        const bool digits =
            std::all_of(name.begin(), name.end(), [](char c) { return c >= '0' && c <= '9'; });
        return name.size() >= 12 && (digits ? name.size() == 12 : name.starts_with("A"));
    }

    mistake actions(json::value s, policy_statement& out) const {
        json::value value;
        if (!either(s, "Action", value, out.actions.inverted)) return syntax;
        if (!value.exists()) return "Policy statement must contain actions.";
        auto listed = strings(value);
        if (!listed) return syntax;
        if (listed->empty()) return "Policy statement must contain actions.";
        for (std::string& action : *listed) {
            if (auto wrong = wrong_action(action)) return wrong;
            out.actions.patterns.push_back(lower(action));
        }
        return std::nullopt;
    }

    mistake wrong_action(std::string_view action) const {
        if (kind_ == policy_kind::trust && !lower(action).starts_with("sts:"))
            return "AssumeRole policy may only specify STS AssumeRole actions.";
        if (action == "*") return std::nullopt;
        const auto colon = action.find(':');
        if (colon == std::string_view::npos)
            return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
        if (action.find(':', colon + 1) != std::string_view::npos)
            return "Actions/Condition can contain only one colon.";
        const std::string_view vendor = action.substr(0, colon);
        const bool plain = std::all_of(vendor.begin(), vendor.end(), [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                   c == '.';
        });
        if (!plain || vendor.empty()) return fmt::format("Vendor {} is not valid", vendor);
        return std::nullopt;
    }

    mistake resources(json::value s, policy_statement& out) const {
        json::value value;
        if (!either(s, "Resource", value, out.resources.inverted)) return syntax;
        if (kind_ == policy_kind::trust) {
            if (value.exists())
                return out.resources.inverted ? "Has prohibited field NotResource"
                                              : "Has prohibited field Resource";
            out.resources = {false, {"*"}};
            return std::nullopt;
        }
        if (!value.exists() && kind_ == policy_kind::resource) {
            out.resources = {false, {"*"}};  // the one that holds the policy
            return std::nullopt;
        }
        if (!value.exists()) return "Policy statement must contain resources.";
        auto listed = strings(value);
        if (!listed) return syntax;
        if (listed->empty()) return "Policy statement must contain resources.";
        for (std::string& name : *listed) {
            if (name != "*" && kind_ != policy_kind::resource) {
                if (name.find(':') == std::string::npos)
                    return fmt::format("Resource {} must be in ARN format or \"*\".", name);
                if (!name.starts_with("arn:") || std::count(name.begin(), name.end(), ':') < 5)
                    return "The policy failed legacy parsing";
            }
            out.resources.patterns.push_back(std::move(name));
        }
        return std::nullopt;
    }

    static mistake conditions(json::value s, policy_statement& out) {
        const json::value all = s.find("Condition");
        if (all.exists() && !all.is_object()) return syntax;
        const auto listed = all.members();
        for (auto op = listed.begin(); op != listed.end(); ++op) {
            const auto known = parse_operator(op.key());
            if (!known) return fmt::format("Invalid Condition type : {}.", op.key());
            if (!(*op).is_object()) return syntax;
            const auto keys = (*op).members();
            for (auto key = keys.begin(); key != keys.end(); ++key) {
                condition c = *known;
                c.key = lower(key.key());
                for (const json::value v : (*key).elements()) {
                    if (!is_scalar(v)) return syntax;
                    c.values.push_back(text_of(v));
                }
                if (is_scalar(*key)) c.values.push_back(text_of(*key));
                if (c.values.empty()) return syntax;
                out.conditions.push_back(std::move(c));
            }
        }
        return std::nullopt;
    }

    policy_kind kind_;
    std::set<std::string> sids_;
};

}  // namespace

result<policy_document> policy_document::parse(std::string_view text, policy_kind kind) {
    const auto parsed = json::document::parse(text);
    if (!parsed) return malformed(kind == policy_kind::trust ? "This policy contains invalid Json" : syntax);
    const json::value root = parsed->root(), statements = root.find("Statement"),
                      version = root.find("Version");
    if (!root.is_object()) return malformed(syntax);
    const auto members = root.members();
    for (auto at = members.begin(); at != members.end(); ++at)
        if (at.key() != "Version" && at.key() != "Id" && at.key() != "Statement") return malformed(syntax);
    policy_document out;
    out.variables_ = version.string() == "2012-10-17";
    if (version.exists() && !out.variables_ && version.string() != "2008-10-17") return malformed(syntax);
    if (kind == policy_kind::identity && !out.variables_)
        return malformed("Policy document must be version 2012-10-17 or greater.");
    std::vector<json::value> list;
    if (statements.is_object()) list.push_back(statements);
    for (const json::value s : statements.elements()) list.push_back(s);
    if (list.empty()) return malformed(syntax);
    reader in(kind);
    for (const json::value s : list) {
        auto read = in.read(s);
        if (!read) return read.error();
        out.statements_.push_back(std::move(*read));
    }
    return out;
}

std::set<std::string> policy_document::condition_keys() const {
    std::set<std::string> out;
    for (const policy_statement& s : statements_)
        for (const condition& c : s.conditions) out.insert(c.key);
    return out;
}

}  // namespace trainyard::aws::local
