// Terms and progress of a job as the ledger's text: JSON with the members that differ from the default.
#include <array>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "scheduler/lifecycle/job.hpp"

namespace trainyard::lifecycle {
namespace {

// In the order of the enumerations. The ledger stores these words, so none of them may ever change.
constexpr std::array<std::string_view, 3> rule_names = {"all", "any", "always"};
constexpr std::array<std::string_view, 3> turn_names = {"none", "start", "end"};
constexpr std::array<std::string_view, 4> cause_names = {"", "cancelled", "preempted", "lifetime"};

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<std::string_view, N>& names, std::string_view name) {
    for (std::size_t i = 0; i < N; ++i)
        if (names[i] == name) return i;
    return std::nullopt;
}

error corrupt(std::string_view what) {
    return {errc::corrupt, std::string{what}};
}

result<json::document> parse_object(std::string_view text) {
    auto parsed = json::document::parse(text);
    if (!parsed) return parsed.error();
    if (!parsed->root().is_object()) return corrupt("not a JSON object");
    return parsed;
}

std::string text_of(json::value v) {
    return std::string{v.string().value_or("")};
}

}  // namespace

std::string_view to_string(dependency_rule r) {
    return rule_names.at(static_cast<std::size_t>(r));
}

std::optional<dependency_rule> parse_dependency_rule(std::string_view text) {
    const auto i = index_of(rule_names, text);
    return i ? std::optional{static_cast<dependency_rule>(*i)} : std::nullopt;
}

std::string_view to_string(group_rule r) {
    return turn_names.at(static_cast<std::size_t>(r));
}

std::optional<group_rule> parse_group_rule(std::string_view text) {
    const auto i = index_of(turn_names, text);
    return i ? std::optional{static_cast<group_rule>(*i)} : std::nullopt;
}

std::string_view to_string(stop_cause c) {
    return cause_names.at(static_cast<std::size_t>(c));
}

std::string to_text(const job_terms& t) {
    if (t == job_terms{}) return {};
    json::writer w;
    w.begin_object();
    if (!t.depends_on.jobs.empty()) {
        w.key("depends_on").begin_object().key(to_string(t.depends_on.rule)).begin_array();
        for (const std::string& j : t.depends_on.jobs) w.string(j);
        w.end_array().end_object();
    }
    if (t.max_wait_seconds != 0) w.member("max_wait", t.max_wait_seconds);
    if (t.lifetime_seconds != 0) w.member("lifetime", t.lifetime_seconds);
    if (t.retry_user_failures) w.member("retry_user", true);
    if (t.own_config) w.member("own_config", true);
    if (!t.target.empty()) w.member("target", std::string_view{t.target});
    if (t.turn.rule != group_rule::none)
        w.key("turn")
            .begin_object()
            .member(to_string(t.turn.rule), std::string_view{t.turn.group})
            .end_object();
    return w.end_object().take();
}

result<job_terms> parse_terms(std::string_view text) {
    job_terms t;
    if (text.empty()) return t;
    const auto parsed = parse_object(text);
    if (!parsed) return parsed.error();
    const json::value v = parsed->root(), depends = v.find("depends_on");
    for (auto i = depends.members().begin(); i != depends.members().end(); ++i) {
        const auto rule = parse_dependency_rule(i.key());
        if (!rule) return corrupt("an unknown rule of depends_on");
        t.depends_on.rule = *rule;
        for (const json::value j : (*i).elements()) t.depends_on.jobs.push_back(text_of(j));
    }
    t.max_wait_seconds = v.find("max_wait").integer().value_or(0);
    t.lifetime_seconds = v.find("lifetime").integer().value_or(0);
    t.retry_user_failures = v.find("retry_user").boolean().value_or(false);
    t.own_config = v.find("own_config").boolean().value_or(false);
    t.target = text_of(v.find("target"));
    const json::value turn = v.find("turn");
    for (auto i = turn.members().begin(); i != turn.members().end(); ++i) {
        const auto rule = parse_group_rule(i.key());
        if (!rule) return corrupt("an unknown rule of a message group");
        t.turn = {*rule, text_of(*i)};
    }
    return t;
}

std::string to_text(const job_progress& p) {
    if (p == job_progress{}) return {};
    json::writer w;
    w.begin_object();
    if (!p.arn.empty()) w.member("arn", std::string_view{p.arn});
    if (p.cause != stop_cause::none) w.member("cause", to_string(p.cause));
    if (p.uncharged != 0) w.member("uncharged", p.uncharged);
    if (!p.output.empty()) w.member("output", std::string_view{p.output});
    if (p.billable_seconds != 0) w.member("billable", p.billable_seconds);
    if (p.serving) w.member("serving", to_unix_millis(*p.serving));
    if (p.released) w.member("released", true);
    if (p.result_due) w.member("result_due", true);
    return w.end_object().take();
}

result<job_progress> parse_progress(std::string_view text) {
    job_progress p;
    if (text.empty()) return p;
    const auto parsed = parse_object(text);
    if (!parsed) return parsed.error();
    const json::value v = parsed->root();
    p.arn = text_of(v.find("arn"));
    const auto cause = index_of(cause_names, v.find("cause").string().value_or(""));
    if (!cause) return corrupt("an unknown cause");
    p.cause = static_cast<stop_cause>(*cause);
    p.uncharged = static_cast<int>(v.find("uncharged").integer().value_or(0));
    p.output = text_of(v.find("output"));
    p.billable_seconds = v.find("billable").integer().value_or(0);
    if (const auto millis = v.find("serving").integer()) p.serving = from_unix_millis(*millis);
    p.released = v.find("released").boolean().value_or(false);
    p.result_due = v.find("result_due").boolean().value_or(false);
    return p;
}

}  // namespace trainyard::lifecycle
