#include "scheduler/lifecycle/admission.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/base/digest.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "scheduler/lifecycle/request.hpp"

namespace trainyard::lifecycle {
namespace {

constexpr std::array<std::string_view, 11> envelope_keys{
    "kind",         "name",       "tenant",  "priority",  "pools",  "preemptible",
    "max_attempts", "depends_on", "request", "resources", "comment"};
constexpr std::array<std::string_view, 6> kinds{"training",  "tuning",   "processing",
                                                "transform", "pipeline", "endpoint"};
constexpr std::size_t own_tags = 5, tags_max = 50;

// The checks below give the first thing that is wrong, or nothing.
using refused = std::optional<rejection>;

refused refuse(std::string pointer, std::string reason) {
    return rejection{std::move(reason), std::move(pointer)};
}

template <class List>
bool contains(const List& list, std::string_view x) {
    return std::find(list.begin(), list.end(), x) != list.end();
}

bool is_job_name(std::string_view s) {
    const auto alnum = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    return !s.empty() && s.size() <= 63 && alnum(s.front()) && alnum(s.back()) &&
           std::all_of(s.begin(), s.end(), [&](char c) { return alnum(c) || c == '-'; });
}

// account of arn:partition:service:region:account:resource; empty when the ARN has none.
std::string_view arn_part(std::string_view arn, int index) {
    for (; index > 0; --index) {
        const auto colon = arn.find(':');
        if (colon == std::string_view::npos) return {};
        arn.remove_prefix(colon + 1);
    }
    return arn.substr(0, arn.find(':'));
}

refused check_text(std::string_view text, const std::string& pointer, const tenant_rules& tenant) {
    for (std::size_t at = text.find("${"); at != std::string_view::npos; at = text.find("${", at + 2)) {
        const auto close = text.find('}', at);
        if (close == std::string_view::npos || !is_placeholder(text.substr(at + 2, close - at - 2)))
            return refuse(
                pointer,
                fmt::format("'{}' holds an unknown placeholder; ${{pool.execution_role}}, ${{pool.bucket}}, "
                            "${{pool.account}}, ${{pool.region}} and ${{pool.name}} exist",
                            printable(text)));
    }
    // Anything glued to the role would name another role of the account.
    if (text.find("${pool.execution_role}") != std::string_view::npos && text != "${pool.execution_role}")
        return refuse(pointer, "${pool.execution_role} must stand alone");
    if (!text.starts_with("arn:")) return {};
    const std::string_view service = arn_part(text, 2), account = arn_part(text, 4);
    if (service == "iam" && account.find("${") == std::string_view::npos && !contains(tenant.roles, text))
        return refuse(
            pointer,
            fmt::format("'{}' is not a role of this tenant; use ${{pool.execution_role}} or add the role "
                        "to the tenant's roles in the fleet file",
                        printable(text)));
    if (service == "iam" && account.find("${") != std::string_view::npos)
        return refuse(pointer, "a role ARN may not be built from placeholders; use ${pool.execution_role}");
    if (!account.empty() && account != "aws" && account != "${pool.account}" &&
        !contains(tenant.accounts, account))
        return refuse(
            pointer, fmt::format("'{}' belongs to an account that this tenant may not use", printable(text)));
    return {};
}

// Every string value of the request. Depth is bounded by the JSON limits.
refused check_texts(json::value v, const std::string& pointer, const tenant_rules& tenant) {
    if (const auto text = v.string()) return check_text(*text, pointer, tenant);
    std::size_t index = 0;
    for (const json::value e : v.elements())
        if (auto r = check_texts(e, fmt::format("{}/{}", pointer, index++), tenant)) return r;
    for (auto i = v.members().begin(); i != v.members().end(); ++i)
        if (auto r = check_texts(*i, pointer + "/" + json::pointer_token(i.key()), tenant)) return r;
    return {};
}

refused add_demand(json::value holder, const std::string& pointer, bool spot, job_facts& facts) {
    const auto type = holder.find("InstanceType").string();
    const auto count = holder.find("InstanceCount").integer();
    if (!type || !type->starts_with("ml.") || type->size() > 64)
        return refuse(pointer + "/InstanceType", "must be an instance type such as ml.m5.xlarge");
    if (!count || *count < 1 || *count > instances_limit)
        return refuse(pointer + "/InstanceCount",
                      fmt::format("must be a whole number from 1 to {}", instances_limit));
    std::string resource = std::string{*type} + (spot ? ":spot" : "");
    for (demand_item& d : facts.demand) {
        if (d.resource != resource) continue;
        d.instances += *count;
        return {};
    }
    facts.demand.push_back({std::move(resource), *count});
    return {};
}

refused read_demand(json::value request, const std::string& at, job_facts& facts) {
    const json::value config = request.find("ResourceConfig");
    if (!config.is_object())
        return refuse(at + "/ResourceConfig", "is required: instance type and count are the demand");
    const bool spot = request.find("EnableManagedSpotTraining").boolean().value_or(false);
    const json::value groups = config.find("InstanceGroups");
    if (groups.size() == 0) return add_demand(config, at + "/ResourceConfig", spot, facts);
    std::size_t index = 0;
    for (const json::value g : groups.elements())
        if (auto r =
                add_demand(g, fmt::format("{}/ResourceConfig/InstanceGroups/{}", at, index++), spot, facts))
            return r;
    return {};
}

refused check_request(json::value request, const std::string& at, const tenant_rules& tenant,
                      job_facts& facts) {
    for (const std::string_view member : {"AlgorithmSpecification", "OutputDataConfig", "StoppingCondition"})
        if (!request.find(member).is_object()) return refuse(at + "/" + std::string{member}, "is required");
    if (!request.find("RoleArn").is_string())
        return refuse(at + "/RoleArn", "is required; \"${pool.execution_role}\" is the normal value");
    if (const auto r = *request.find("RoleArn").string();
        r != "${pool.execution_role}" && !contains(tenant.roles, r))
        return refuse(at + "/RoleArn",
                      fmt::format("'{}' is not a role of tenant {}; use ${{pool.execution_role}} or add the "
                                  "role to the tenant's roles in the fleet file",
                                  printable(r), facts.tenant));
    if (auto r = read_demand(request, at, facts)) return r;
    if (const json::value limit = request.find("StoppingCondition").find("MaxRuntimeInSeconds");
        limit.exists()) {
        const auto seconds = limit.integer();
        if (!seconds || *seconds < 1 || *seconds > 28 * 86400)
            return refuse(at + "/StoppingCondition/MaxRuntimeInSeconds",
                          "must be a whole number from 1 to 2419200");
        facts.max_runtime_seconds = *seconds;
    }
    const json::value tags = request.find("Tags");
    if (tags.size() + own_tags > tags_max)
        return refuse(at + "/Tags",
                      fmt::format("at most {} tags: Trainyard adds {}", tags_max - own_tags, own_tags));
    std::size_t index = 0;
    for (const json::value t : tags.elements()) {
        if (t.find("Key").string().value_or("").starts_with("trainyard:"))
            return refuse(fmt::format("{}/Tags/{}/Key", at, index),
                          "keys that begin with 'trainyard:' are Trainyard's own");
        ++index;
    }
    // Both would let a message act with the execution role outside what the policy sees.
    if (request.find("RemoteDebugConfig").find("EnableRemoteDebug").boolean().value_or(false))
        return refuse(at + "/RemoteDebugConfig/EnableRemoteDebug", "is not allowed");
    const json::value env = request.find("Environment");
    for (auto i = env.members().begin(); i != env.members().end(); ++i)
        if (i.key().starts_with("AWS_"))
            return refuse(at + "/Environment/" + json::pointer_token(i.key()),
                          "names that begin with AWS_ are not allowed");
    return check_texts(request, at, tenant);
}

std::string_view choose(json::value body, std::string_view key, const incoming_message& m) {
    if (const auto text = body.find(key).string()) return *text;
    const auto found = m.attributes.find("trainyard." + std::string{key});
    return found == m.attributes.end() ? std::string_view{} : std::string_view{found->second};
}

refused read_scheduling(json::value body, const incoming_message& m, const queue_rules& rules,
                        job_facts& facts) {
    const std::string_view kind = choose(body, "kind", m);
    facts.kind = kind.empty() ? rules.default_kind : std::string{kind};
    if (!contains(kinds, facts.kind))
        return refuse(
            "/kind", fmt::format("'{}' is not one of {}", printable(facts.kind, 64), fmt::join(kinds, ", ")));
    if (facts.kind != "training")
        return refuse("/kind", fmt::format("this version does not start jobs of kind '{}'", facts.kind));
    const std::string_view tenant = choose(body, "tenant", m);
    facts.tenant = tenant.empty() ? rules.tenants.front() : std::string{tenant};
    if (!contains(rules.tenants, facts.tenant))
        return refuse("/tenant", fmt::format("'{}' is not a tenant of queue {}", printable(facts.tenant, 64),
                                             rules.queue));
    const std::string_view priority = choose(body, "priority", m);
    facts.priority_class = priority.empty() ? rules.default_priority : std::string{priority};
    const auto found = rules.priorities.find(facts.priority_class);
    if (found == rules.priorities.end())
        return refuse("/priority",
                      fmt::format("there is no priority class '{}'", printable(facts.priority_class, 64)));
    facts.priority = found->second;
    if (!priority.empty() && facts.priority > rules.priority_cap)
        return refuse("/priority",
                      fmt::format("'{}' is above what queue {} allows", facts.priority_class, rules.queue));
    facts.priority = std::min(facts.priority, rules.priority_cap);
    return {};
}

refused read_envelope(json::value body, const queue_rules& rules, job_facts& facts) {
    for (auto i = body.members().begin(); i != body.members().end(); ++i)
        if (!contains(envelope_keys, i.key()))
            return refuse("/" + json::pointer_token(i.key()),
                          fmt::format("unknown member; known are {}", fmt::join(envelope_keys, ", ")));
    if (const json::value v = body.find("max_attempts"); !v.is_null()) {
        const auto n = v.integer();
        if (!n || *n < 1 || *n > attempts_limit)
            return refuse("/max_attempts",
                          fmt::format("must be a whole number from 1 to {}", attempts_limit));
        facts.max_attempts = static_cast<int>(*n);
    }
    if (const json::value v = body.find("preemptible"); !v.is_null()) {
        if (!v.boolean()) return refuse("/preemptible", "must be true or false");
        facts.preemptible = *v.boolean();
    }
    if (const json::value v = body.find("depends_on"); !v.is_null() && (!v.is_array() || v.size() > 0))
        return refuse("/depends_on", "this version does not start jobs after others; leave it out or empty");
    const json::value pools = body.find("pools");
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

refused read_name(json::value body, json::value request, const std::string& at, job_facts& facts) {
    facts.name = "job";
    const bool own = body.find("name").exists() && body.find("name").kind() != json::kind::null;
    const json::value v = own ? body.find("name") : request.find("TrainingJobName");
    if (v.is_null()) return {};
    if (!v.string() || !is_job_name(*v.string()))
        return refuse(own ? "/name" : at + "/TrainingJobName",
                      "must be 1 to 63 letters, digits and inner hyphens");
    facts.name = std::string{*v.string()};
    return {};
}

std::string without_name(json::value request) {
    json::writer w;
    w.begin_object();
    for (auto i = request.members().begin(); i != request.members().end(); ++i)
        if (i.key() != "TrainingJobName") w.key(i.key()).copy(*i);
    w.end_object();
    return w.take();
}

refused read_body(json::value body, const incoming_message& m, const queue_rules& rules, admission& a) {
    if (!body.is_object()) return refuse("", "the body must be a JSON object");
    // A body without envelope is the SageMaker request itself, so that existing producers need no change.
    const bool bare = !body.find("request").exists() && body.find("AlgorithmSpecification").exists();
    const json::value envelope = bare ? json::value{} : body;
    const json::value request = bare ? body : body.find("request");
    const std::string at = bare ? "" : "/request";
    if (auto r = read_scheduling(envelope, m, rules, a.facts)) return r;
    if (auto r = read_envelope(envelope, rules, a.facts)) return r;
    if (!request.is_object()) return refuse("/request", "is required: the SageMaker request as an object");
    if (auto r = read_name(envelope, request, at, a.facts)) return r;
    if (auto r = check_request(request, at, rules.rules.at(a.facts.tenant), a.facts)) return r;
    a.request = without_name(request);
    a.facts.spec_hash = sha256_hex(a.request);
    return {};
}

}  // namespace

std::string dedup_key(const incoming_message& m) {
    // The prefix keeps a deduplication id that looks like a message id apart from one.
    return m.queue + (m.deduplication_id.empty() ? "\nm:" + m.message_id : "\nd:" + m.deduplication_id);
}

admission admit(const incoming_message& m, const queue_rules& rules) {
    admission a;
    a.facts.queue = m.queue;
    a.facts.message_id = m.message_id;
    a.facts.dedup_key = dedup_key(m);
    if (!m.unreadable.empty()) {
        a.refused = rejection{m.unreadable, ""};
        return a;
    }
    const auto document = json::document::parse(m.body);
    if (!document) {
        a.refused = rejection{document.error().message, ""};
    } else {
        a.refused = read_body(document->root(), m, rules, a);
    }
    return a;
}

}  // namespace trainyard::lifecycle
