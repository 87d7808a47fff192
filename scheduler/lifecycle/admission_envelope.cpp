#include <fmt/format.h>

#include <array>

#include "engine/base/encoding.hpp"
#include "scheduler/lifecycle/admission_checks.hpp"

namespace trainyard::lifecycle {
namespace {

constexpr std::array<std::string_view, 14> envelope_keys{"kind",
                                                         "name",
                                                         "tenant",
                                                         "priority",
                                                         "pools",
                                                         "preemptible",
                                                         "max_attempts",
                                                         "depends_on",
                                                         "request",
                                                         "resources",
                                                         "comment",
                                                         "max_wait_seconds",
                                                         "lifetime_seconds",
                                                         "retry_user_failures"};
constexpr std::size_t dependencies_max = 100;
constexpr std::int64_t wait_max = 365LL * 86400;  // also of a lifetime

refused read_whole(json::value body, std::string_view key, std::int64_t high, std::int64_t& out) {
    const json::value v = body.find(key);
    if (v.is_null()) return {};
    const auto n = v.integer();
    if (!n || *n < 1 || *n > high)
        return refuse("/" + std::string{key}, fmt::format("must be a whole number from 1 to {}", high));
    out = *n;
    return {};
}

refused read_flag(json::value body, std::string_view key, bool& out) {
    const json::value v = body.find(key);
    if (v.is_null()) return {};
    if (!v.boolean()) return refuse("/" + std::string{key}, "must be true or false");
    out = *v.boolean();
    return {};
}

refused read_dependency_list(json::value list, const std::string& pointer, dependency& out) {
    if (!list.is_array()) return refuse(pointer, "must be a list of job names or ids");
    if (list.size() > dependencies_max)
        return refuse(pointer, fmt::format("at most {} jobs", dependencies_max));
    std::size_t index = 0;
    for (const json::value j : list.elements()) {
        const auto text = j.string().value_or("");
        if (text.empty() || text.size() > 63)
            return refuse(fmt::format("{}/{}", pointer, index), "must be a job name or a job id");
        if (!contains(out.jobs, text)) out.jobs.emplace_back(text);
        ++index;
    }
    return {};
}

// ["a", "b"] or {"all": [...]}, {"any": [...]}, {"always": [...]}.
refused read_depends_on(json::value v, dependency& out) {
    if (v.is_null()) return {};
    if (v.is_array()) return read_dependency_list(v, "/depends_on", out);
    const bool one = v.is_object() && v.size() == 1;
    const auto rule = one ? parse_dependency_rule(v.members().begin().key()) : std::nullopt;
    if (!rule)
        return refuse("/depends_on",
                      "must be a list of job names or ids, or an object with one of all, any, always");
    out.rule = *rule;
    return read_dependency_list(*v.members().begin(), "/depends_on/" + std::string{to_string(*rule)}, out);
}

refused read_pools(json::value pools, const queue_rules& rules, job_facts& facts) {
    if (!pools.is_null() && !pools.is_array()) return refuse("/pools", "must be a list of pool names");
    const auto& allowed = rules.rules.at(facts.tenant).pools;
    std::size_t index = 0;
    for (const json::value p : pools.elements()) {
        const auto name = p.string().value_or("");
        if (!contains(allowed, name))
            return refuse(fmt::format("/pools/{}", index),
                          fmt::format("'{}' is not a pool of tenant {}", printable(name, 64), facts.tenant));
        if (!contains(facts.pools, name)) facts.pools.emplace_back(name);
        ++index;
    }
    return {};
}

}  // namespace

refused read_envelope(json::value body, const queue_rules& rules, job_facts& facts) {
    for (auto i = body.members().begin(); i != body.members().end(); ++i)
        if (!contains(envelope_keys, i.key()))
            return refuse("/" + json::pointer_token(i.key()),
                          fmt::format("unknown member; known are {}", fmt::join(envelope_keys, ", ")));
    std::int64_t attempts = facts.max_attempts;
    if (auto r = read_whole(body, "max_attempts", attempts_limit, attempts)) return r;
    facts.max_attempts = static_cast<int>(attempts);
    if (auto r = read_flag(body, "preemptible", facts.preemptible)) return r;
    if (auto r = read_flag(body, "retry_user_failures", facts.terms.retry_user_failures)) return r;
    if (auto r = read_whole(body, "max_wait_seconds", wait_max, facts.terms.max_wait_seconds)) return r;
    if (auto r = read_whole(body, "lifetime_seconds", wait_max, facts.terms.lifetime_seconds)) return r;
    if (auto r = read_depends_on(body.find("depends_on"), facts.terms.depends_on)) return r;
    return read_pools(body.find("pools"), rules, facts);
}

}  // namespace trainyard::lifecycle
