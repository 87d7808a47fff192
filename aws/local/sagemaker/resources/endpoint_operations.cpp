#include <algorithm>
#include <set>

#include "aws/local/base/paging.hpp"
#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/common/resource_index.hpp"
#include "aws/local/sagemaker/resources/deployment_reader.hpp"
#include "aws/local/sagemaker/resources/endpoint_answers.hpp"
#include "aws/local/sagemaker/resources/resource_operations.hpp"
#include "aws/local/sagemaker/resources/stored_operations.hpp"

namespace trainyard::aws::local::sagemaker::resources {
namespace {

constexpr std::string_view arn_prefix = "endpoint/", told_as = "endpoint";

service_reply arn_answer(const std::string& arn) {
    json::writer out;
    out.begin_object().member("EndpointArn", arn).end_object();
    return out.take();
}

service_error busy(const live_endpoint& e) {
    if (e.run.status() == endpoint_status::failed)
        return validation_exception("Cannot update failed endpoint \"" + e.run.arn() + "\".");
    return validation_exception("Cannot update in-progress endpoint \"" + e.run.arn() + "\".");
}

std::string json_of(json::value in, std::string_view member) {
    const json::value v = in.find(member);
    return v.is_null() ? std::string{} : json::to_text(v);
}

std::optional<service_error> take(const resource_store& store, const instance_counts& more) {
    return store.host.take && !more.empty() ? store.host.take(more) : std::nullopt;
}

endpoint_fate fate_of(const resource_store& store, const std::string& name, const deployment& to) {
    return store.host.fate_of ? store.host.fate_of(name, to) : endpoint_fate{};
}

service_reply create(resource_store& store, const operation_call& call) {
    const std::string name = text(call.input, "EndpointName"),
                      config = text(call.input, "EndpointConfigName");
    if (store.has_endpoint(name)) return already_exists(told_as, store.arn_of(arn_prefix, name));
    if (store.endpoints.size() >= resources_of_a_kind_max) return too_many(told_as);
    const stored* c = store.configs.find(config, call.now);
    if (!c) return could_not_find(store, config_kind.arn_prefix, config_kind.told_as, config);
    deployment first = read_deployment(store, *c);
    if (auto e = take(store, first.instances())) return *std::move(e);
    endpoint_fate fate = fate_of(store, name, first);
    const live_endpoint& made =
        store.add_endpoint(endpoint{name, store.arn_of(arn_prefix, name), std::move(first), std::move(fate),
                                    store.settings.time_scale, call.now},
                           read_tags(call.input));
    return arn_answer(made.run.arn());
}

// The endpoint that the request names, or the error that there is none.
boost::system::result<live_endpoint*, service_error> named(resource_store& store,
                                                           const operation_call& call) {
    const std::string name = text(call.input, "EndpointName");
    live_endpoint* e = store.find_endpoint(name);
    if (!e) return could_not_find(store, arn_prefix, told_as, name);
    return e;
}

service_reply describe(resource_store& store, const operation_call& call) {
    const auto e = named(store, call);
    if (!e) return e.error();
    return describe_endpoint(**e);
}

retained read_retained(json::value in) {
    retained out;
    for (const json::value v : in.find("ExcludeRetainedVariantProperties").elements()) {
        if (v.find("VariantPropertyType").string() == "DesiredInstanceCount") out.instance_counts = false;
        if (v.find("VariantPropertyType").string() == "DesiredWeight") out.weights = false;
    }
    return out;
}

service_reply update(resource_store& store, const operation_call& call) {
    const auto e = named(store, call);
    if (!e) return e.error();
    live_endpoint& live = **e;
    const std::string config = text(call.input, "EndpointConfigName");
    const stored* c = store.configs.find(config, call.now);
    if (!c) return could_not_find(store, config_kind.arn_prefix, config_kind.told_as, config);
    if (live.run.status() != endpoint_status::in_service) return busy(live);
    deployment to = read_deployment(store, *c);
    if (call.input.find("RetainAllVariantProperties").boolean().value_or(false))
        retain(to, *live.run.current(), read_retained(call.input));
    if (auto refused = take(store, to.instances())) return *std::move(refused);
    endpoint_fate fate = fate_of(store, live.run.name(), to);
    std::string how = json_of(call.input, "DeploymentConfig");
    if (how.empty() && call.input.find("RetainDeploymentConfig").boolean().value_or(false))
        how = live.run.deployment_config();
    store.change(live, [&](const endpoint::change_sink& sink) {
        live.run.update(std::move(to), std::move(fate), std::move(how), call.now, sink);
    });
    return arn_answer(live.run.arn());
}

// Each change names a variant that is there, once.
boost::system::result<std::vector<scaling>, service_error> read_scaling(const live_endpoint& e,
                                                                        json::value list) {
    std::vector<scaling> out;
    std::set<std::string> names;
    for (const json::value v : list.elements()) {
        scaling s{text(v, "VariantName"), v.find("DesiredInstanceCount").integer(),
                  v.find("DesiredWeight").number()};
        const auto& all = e.run.current()->variants;
        const auto found =
            std::find_if(all.begin(), all.end(), [&](const variant& x) { return x.name == s.variant; });
        if (found == all.end() || !names.insert(s.variant).second)
            return validation_exception("Variant " + s.variant + " is not one of endpoint \"" + e.run.arn() +
                                        "\", or is named twice.");
        if (found->instance_type.empty() && s.instances)
            return validation_exception("Variant " + s.variant + " is serverless and has no instances.");
        out.push_back(std::move(s));
    }
    return out;
}

service_reply scale(resource_store& store, const operation_call& call) {
    const auto e = named(store, call);
    if (!e) return e.error();
    live_endpoint& live = **e;
    if (live.run.status() != endpoint_status::in_service) return busy(live);
    const auto changes = read_scaling(live, call.input.find("DesiredWeightsAndCapacities"));
    if (!changes) return changes.error();
    instance_counts more;
    for (const variant& v : live.run.current()->variants)
        for (const scaling& s : *changes)
            if (s.variant == v.name && s.instances)
                more[v.instance_type] += *s.instances - v.instances_wanted;
    std::erase_if(more, [](const auto& entry) { return entry.second <= 0; });
    if (auto refused = take(store, more)) return *std::move(refused);
    store.change(live, [&](const endpoint::change_sink& sink) { live.run.scale(*changes, call.now, sink); });
    return arn_answer(live.run.arn());
}

service_reply remove(resource_store& store, const operation_call& call) {
    const auto e = named(store, call);
    if (!e) return e.error();
    live_endpoint& live = **e;
    bool begun = false;
    store.change(live, [&](const endpoint::change_sink& sink) { begun = live.run.remove(call.now, sink); });
    if (!begun) return busy(live);
    return std::string{};
}

bool passes(const list_query& q, const live_endpoint& e) {
    const wall_time created = e.run.created(), modified = e.run.modified();
    return (!q.created_after || created > *q.created_after) &&
           (!q.created_before || created < *q.created_before) &&
           (!q.modified_after || modified > *q.modified_after) &&
           (!q.modified_before || modified < *q.modified_before) &&
           e.run.name().find(q.name_contains) != std::string::npos &&
           (!q.status_equals || *q.status_equals == to_string(e.run.status()));
}

service_reply list(resource_store& store, const operation_call& call) {
    const list_query q = read_list_query(call.input);
    std::vector<std::pair<std::string, const live_endpoint*>> all;
    for (const auto& [key, e] : store.endpoints) {
        const bool hidden = call.now < e.run.created() + store.settings.hidden_for;
        if (hidden || !passes(q, e)) continue;
        std::string place = key;
        if (q.by == list_query::sort::status) place = std::string{to_string(e.run.status())} + "/" + key;
        if (q.by == list_query::sort::creation_time) place = time_key(e.run.created(), key);
        all.emplace_back(std::move(place), &e);
    }
    const auto page =
        cut_page(std::move(all), q.ascending, call.input, "Endpoints/" + text(call.input, "SortBy"));
    if (!page) return wrong_token();
    json::writer out;
    out.begin_object().key("Endpoints").begin_array();
    for (const live_endpoint* e : page->items) write_summary(*e, out);
    out.end_array();
    if (!page->next_token.empty()) out.member("NextToken", page->next_token);
    out.end_object();
    return out.take();
}

constexpr resource_operation operations[] = {
    {"CreateEndpoint", create, "DeploymentConfig"},
    {"DescribeEndpoint", describe},
    {"ListEndpoints", list},
    {"DeleteEndpoint", remove},
    {"UpdateEndpoint", update, "DeploymentConfig RetainDeploymentConfig"},
    {"UpdateEndpointWeightsAndCapacities", scale},
};

}  // namespace

std::span<const resource_operation> endpoint_operations() {
    return operations;
}

}  // namespace trainyard::aws::local::sagemaker::resources
