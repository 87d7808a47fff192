#include "aws/local/control/gate_control.hpp"

#include <fmt/format.h>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

control_error wrong(std::string pointer, std::string reason) {
    return {400, std::move(pointer), std::move(reason)};
}

control_reply list_faults(const gate& g) {
    json::writer out;
    out.begin_object().key("faults").begin_array();
    for (const fault_store::entry& e : g.faults.rules()) {
        write_fault_rule(out, e.rule);
        out.member("matched", e.matched).member("fired", e.fired).end_object();
    }
    out.end_array().end_object();
    return out.take();
}

control_reply put_faults(gate& g, json::value body) {
    auto rules = read_fault_rules(body);
    if (!rules) return control_error_of(rules.error());
    g.faults.clear();
    for (fault_rule& rule : *rules)
        if (const auto put = g.faults.put(std::move(rule)); !put) return control_error_of(put.error());
    return list_faults(g);
}

control_reply put_fault(gate& g, const control_call& call) {
    auto rule = read_fault_rule(call.body);
    if (!rule) return control_error_of(rule.error());
    if (!rule->name.empty() && rule->name != call.name) return wrong("/name", "must be the name in the path");
    if (!is_fault_name(call.name))
        return {control_error{400, "", "the name in the path must be 1 to 64 letters, digits, - and _"}};
    rule->name = call.name;
    if (const auto put = g.faults.put(*std::move(rule)); !put) return control_error_of(put.error());
    return list_faults(g);
}

control_reply list_rates(const gate& g) {
    json::writer out;
    out.begin_object().member("defaults", g.rates.uses_defaults()).key("rates").begin_object();
    for (const auto& [name, r] : g.rates.settings()) {
        out.key(name).begin_object();
        out.member("per_second", r.per_second).member("burst", r.burst).end_object();
    }
    out.end_object().end_object();
    return out.take();
}

// A rate at `pointer` of the body.
boost::system::result<rate, control_error> read_rate(json::value v, const std::string& pointer) {
    if (!v.is_object()) return wrong(pointer, "must be an object with per_second and perhaps burst");
    const auto members = v.members();
    for (auto m = members.begin(); m != members.end(); ++m)
        if (m.key() != "per_second" && m.key() != "burst")
            return wrong(pointer + "/" + json::pointer_token(m.key()), "is not one of per_second, burst");
    const auto per_second = v.find("per_second").number();
    if (!per_second) return wrong(pointer + "/per_second", "must be a number");
    rate out{*per_second, std::max(1.0, *per_second)};
    if (const json::value burst = v.find("burst"); !burst.is_null()) {
        if (!burst.number()) return wrong(pointer + "/burst", "must be a number");
        out.burst = *burst.number();
    }
    if (const auto e = wrong_rate(out)) return wrong(pointer, e->message);
    return out;
}

control_reply put_rates(gate& g, json::value body) {
    if (!body.is_object()) return wrong("", "must be an object with defaults or rates");
    rate_table next;
    next.use_defaults(g.rates.uses_defaults());
    const auto members = body.members();
    for (auto m = members.begin(); m != members.end(); ++m)
        if (m.key() != "defaults" && m.key() != "rates")
            return wrong("/" + json::pointer_token(m.key()), "is not one of defaults, rates");
    if (const json::value d = body.find("defaults"); !d.is_null()) {
        if (!d.boolean()) return wrong("/defaults", "must be true or false");
        next.use_defaults(*d.boolean());
    }
    const json::value rates = body.find("rates");
    if (!rates.is_null() && !rates.is_object()) return wrong("/rates", "must be an object");
    const auto all = rates.members();
    for (auto m = all.begin(); m != all.end(); ++m) {
        const std::string pointer = "/rates/" + json::pointer_token(m.key());
        if (const auto e = wrong_rate_name(m.key())) return wrong(pointer, e->message);
        const auto r = read_rate(*m, pointer);
        if (!r) return r.error();
        if (const auto set = next.set({std::string{m.key()}, *r}); !set)
            return wrong(pointer, set.error().message);
    }
    g.rates = std::move(next);
    g.buckets.forget_all();
    return list_rates(g);
}

control_reply put_rate(gate& g, const control_call& call) {
    if (const auto e = wrong_rate_name(call.name)) return wrong("", e->message);
    const auto r = read_rate(call.body, "");
    if (!r) return r.error();
    if (const auto set = g.rates.set({call.name, *r}); !set) return wrong("", set.error().message);
    g.buckets.forget_all();
    return list_rates(g);
}

control_error none_of(std::string_view what, const std::string& name) {
    return {404, "", fmt::format("there is no {} '{}'", what, printable(name, 64))};
}

}  // namespace

void add_gate_control(control_router& router, gate& g, const rate_table& initial) {
    router.on("GET", "faults", [&g](const auto&) { return list_faults(g); });
    router.on("PUT", "faults", [&g](const auto& call) { return put_faults(g, call.body); });
    router.on("DELETE", "faults", [&g](const auto&) {
        g.faults.clear();
        return list_faults(g);
    });
    router.on("PUT", "faults/*", [&g](const auto& call) { return put_fault(g, call); });
    router.on("DELETE", "faults/*", [&g](const auto& call) -> control_reply {
        if (!g.faults.erase(call.name)) return none_of("fault rule", call.name);
        return list_faults(g);
    });
    router.on("GET", "rates", [&g](const auto&) { return list_rates(g); });
    router.on("PUT", "rates", [&g](const auto& call) { return put_rates(g, call.body); });
    router.on("DELETE", "rates", [&g, &initial](const auto&) {
        g.rates = initial;
        g.buckets.forget_all();
        return list_rates(g);
    });
    router.on("PUT", "rates/*", [&g](const auto& call) { return put_rate(g, call); });
    router.on("DELETE", "rates/*", [&g](const auto& call) -> control_reply {
        if (!g.rates.erase(call.name)) return none_of("rate", call.name);
        g.buckets.forget_all();
        return list_rates(g);
    });
}

}  // namespace trainyard::aws::local
