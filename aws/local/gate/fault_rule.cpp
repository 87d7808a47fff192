#include "aws/local/gate/fault_rule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::array<std::string_view, 10> effects{
    "none",          "throttle", "internal_failure", "service_unavailable", "expired_token",
    "access_denied", "error",    "answer_lost",      "answer_truncated",    "closed"};

constexpr std::array<std::string_view, 15> members{
    "name",  "service", "operation",   "account", "region", "resource",   "from", "until",
    "first", "every",   "probability", "seed",    "effect", "latency_ms", "error"};

// Reads the members of one rule; the first thing that is wrong stays in `wrong`.
class reader {
public:
    reader(json::value v, std::string at) : v_(v), at_(std::move(at)) {}

    void refuse(std::string_view member, std::string_view why) {
        if (!wrong)
            wrong = error{errc::invalid_argument,
                          fmt::format("{}/{}: {}", at_, printable(json::pointer_token(member)), why)};
    }

    void text(std::string_view member, std::string& into) {
        const json::value m = v_.find(member);
        if (m.is_null()) return;
        const auto s = m.string();
        if (!s || s->empty() || s->size() > fault_text_max)
            return refuse(member, fmt::format("must be a text of 1 to {} bytes", fault_text_max));
        into = std::string{*s};
    }

    void time(std::string_view member, std::optional<wall_time>& into) {
        const json::value m = v_.find(member);
        if (m.is_null()) return;
        const auto s = m.string();
        const auto t = s ? parse_iso8601(*s) : result<wall_time>{error{}};
        if (!t) return refuse(member, "must be a time like 2026-01-31T23:59:59Z");
        into = *t;
    }

    void count(std::string_view member, std::optional<std::int64_t>& into) {
        const json::value m = v_.find(member);
        if (m.is_null()) return;
        const auto n = m.integer();
        if (!n || *n < 1) return refuse(member, "must be an integer above 0");
        into = *n;
    }

    void latency(fault_rule& rule) {
        const json::value m = v_.find("latency_ms");
        if (m.is_null()) return;
        const bool range = m.is_array() && m.size() == 2;
        const auto low = range ? m.at(0).integer() : m.integer(), high = range ? m.at(1).integer() : low;
        if (!low || !high || *low < 0 || *low > *high || *high > fault_latency_max.count())
            return refuse("latency_ms", fmt::format("must be milliseconds or [least, most], 0 to {}",
                                                    fault_latency_max.count()));
        rule.latency_low = std::chrono::milliseconds{*low};
        rule.latency_high = std::chrono::milliseconds{*high};
    }

    void effect(fault_rule& rule) {
        std::string name = "none";
        text("effect", name);
        const auto* const found = std::find(effects.begin(), effects.end(), name);
        if (found == effects.end())
            return refuse("effect", fmt::format("must be one of {}", fmt::join(effects, ", ")));
        rule.effect = static_cast<fault_effect>(found - effects.begin());
        const json::value e = v_.find("error");
        if ((rule.effect == fault_effect::error) != e.is_object())
            return refuse("error", "must be an object when, and only when, the effect is \"error\"");
        if (rule.effect == fault_effect::error) own_error(e, rule.error);
        if (rule.effect == fault_effect::none && rule.latency_high.count() == 0)
            refuse("effect", "a rule has an effect or a latency");
    }

    void known_members() {
        const auto all = v_.members();
        for (auto m = all.begin(); m != all.end(); ++m)
            if (std::find(members.begin(), members.end(), m.key()) == members.end())
                refuse(m.key(), fmt::format("is not one of {}", fmt::join(members, ", ")));
    }

    std::optional<error> wrong;

private:
    void own_error(json::value e, service_error& into) {
        reader inner{e, at_ + "/error"};
        inner.text("code", into.type);
        if (into.type.empty()) inner.refuse("code", "must be there");
        if (!std::all_of(into.type.begin(), into.type.end(), [](char c) { return c > ' ' && c < 0x7F; }))
            inner.refuse("code", "must be printable ASCII without spaces");
        inner.text("message", into.message);
        const json::value status = e.find("status");
        const auto n = status.integer();
        if (!status.is_null() && (!n || *n < 400 || *n > 599))
            inner.refuse("status", "must be an HTTP status of 400 to 599");
        else if (n)
            into.status = static_cast<int>(*n);
        into.sender_fault = into.status < 500;
        if (inner.wrong && !wrong) wrong = inner.wrong;
    }

    json::value v_;
    std::string at_;
};

}  // namespace

std::string_view to_string(fault_effect e) {
    return effects[static_cast<std::size_t>(e)];
}

bool is_fault_name(std::string_view text) {
    return !text.empty() && text.size() <= fault_name_max &&
           std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_';
           });
}

result<fault_rule> read_fault_rule(json::value v, const std::string& at) {
    if (!v.is_object()) return error{errc::invalid_argument, at + ": a rule must be an object"};
    fault_rule rule;
    reader in{v, at};
    in.known_members();
    in.text("name", rule.name);
    if (!rule.name.empty() && !is_fault_name(rule.name))
        in.refuse("name", fmt::format("must be 1 to {} letters, digits, - and _", fault_name_max));
    for (const auto& [member, into] :
         {std::pair{"service", &rule.service}, std::pair{"operation", &rule.operation},
          std::pair{"account", &rule.account}, std::pair{"region", &rule.region},
          std::pair{"resource", &rule.resource}})
        in.text(member, *into);
    in.time("from", rule.from);
    in.time("until", rule.until);
    in.count("first", rule.first);
    in.count("every", rule.every);
    if (const json::value p = v.find("probability"); !p.is_null()) {
        const auto n = p.number();
        if (!n || *n < 0 || *n > 1) in.refuse("probability", "must be 0 to 1");
        rule.probability = n.value_or(1);
    }
    if (const json::value s = v.find("seed"); !s.is_null()) {
        const auto n = s.integer();
        if (!n || *n < 0) in.refuse("seed", "must be an integer from 0");
        rule.seed = static_cast<std::uint64_t>(n.value_or(1));
    }
    in.latency(rule);
    in.effect(rule);
    if (in.wrong) return *in.wrong;
    return rule;
}

result<std::vector<fault_rule>> read_fault_rules(json::value v) {
    const bool wrapped = v.is_object();
    const json::value list = wrapped ? v.find("faults") : v;
    const std::string at = wrapped ? "/faults" : "";
    if (!list.is_array()) return error{errc::invalid_argument, at + ": must be a list of fault rules"};
    if (list.size() > fault_rules_max)
        return error{errc::limit, fmt::format("{}: has more than {} rules", at, fault_rules_max)};
    std::vector<fault_rule> out;
    std::set<std::string> names;
    for (const json::value element : list.elements()) {
        const std::string place = fmt::format("{}/{}", at, out.size());
        auto rule = read_fault_rule(element, place);
        if (!rule) return rule.error();
        if (rule->name.empty()) rule->name = fmt::format("fault-{}", out.size() + 1);
        if (!names.insert(rule->name).second)
            return error{errc::invalid_argument,
                         fmt::format("{}/name: '{}' is there twice", place, rule->name)};
        out.push_back(*std::move(rule));
    }
    return out;
}

void write_fault_rule(json::writer& out, const fault_rule& rule) {
    out.begin_object().member("name", rule.name);
    for (const auto& [member, value] :
         {std::pair{"service", &rule.service}, std::pair{"operation", &rule.operation},
          std::pair{"account", &rule.account}, std::pair{"region", &rule.region},
          std::pair{"resource", &rule.resource}})
        if (*value != "*") out.member(member, *value);
    if (rule.from) out.member("from", to_iso8601(*rule.from));
    if (rule.until) out.member("until", to_iso8601(*rule.until));
    if (rule.first) out.member("first", *rule.first);
    if (rule.every) out.member("every", *rule.every);
    out.member("probability", rule.probability);
    out.member("seed", static_cast<std::int64_t>(rule.seed));
    out.member("effect", to_string(rule.effect));
    if (rule.effect == fault_effect::error)
        out.key("error")
            .begin_object()
            .member("code", rule.error.type)
            .member("status", rule.error.status)
            .member("message", rule.error.message)
            .end_object();
    if (rule.latency_high.count() > 0) {
        out.key("latency_ms").begin_array();
        out.integer(rule.latency_low.count()).integer(rule.latency_high.count()).end_array();
    }
}

}  // namespace trainyard::aws::local
