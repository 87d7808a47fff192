#include <set>

#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/resources/resource_operations.hpp"
#include "aws/local/sagemaker/resources/stored_operations.hpp"

namespace trainyard::aws::local::sagemaker::resources {
namespace {

// Each variant runs a model that is there on instances or serverless, under a name of its own.
std::optional<service_error> refuse_variants(resource_store& store, const operation_call& call) {
    std::set<std::string> names;
    for (const char* list : {"ProductionVariants", "ShadowProductionVariants"})
        for (const json::value v : call.input.find(list).elements()) {
            const std::string name = text(v, "VariantName");
            if (!names.insert(name).second)
                return validation_exception("Two production variants have the name " + name + ".");
            const bool serverless = !v.find("ServerlessConfig").is_null();
            const bool pools = !v.find("InstancePools").is_null();
            if (!serverless && !pools && v.find("InstanceType").is_null())
                return validation_exception("Production variant " + name +
                                            " needs an InstanceType or a ServerlessConfig.");
            if (serverless && !v.find("InstanceType").is_null())
                return validation_exception("Production variant " + name +
                                            " cannot have both an InstanceType and a ServerlessConfig.");
            const auto model = v.find("ModelName").string();
            if (!model && call.input.find("ExecutionRoleArn").is_null())
                return validation_exception("Production variant " + name +
                                            " needs a ModelName, or the configuration an ExecutionRoleArn.");
            if (!model) continue;
            if (!serverless && !pools && v.find("InitialInstanceCount").is_null())
                return validation_exception("Production variant " + name + " needs an InitialInstanceCount.");
            if (!store.models.find(*model, call.now))
                return could_not_find(store, model_kind.arn_prefix, model_kind.told_as, *model);
        }
    return std::nullopt;
}

void write_variants(json::value list, json::writer& out) {
    out.begin_array();
    for (const json::value v : list.elements()) {
        out.begin_object();
        const auto all = v.members();
        for (auto at = all.begin(); at != all.end(); ++at) out.key(at.key()).copy(*at);
        if (!v.find("InitialVariantWeight").exists()) out.member("InitialVariantWeight", 1.0);
        out.end_object();
    }
    out.end_array();
}

service_reply create(resource_store& store, const operation_call& call) {
    const std::string name = text(call.input, "EndpointConfigName");
    if (auto e = refuse_new(store, config_kind, store.configs, name)) return *std::move(e);
    if (auto e = refuse_variants(store, call)) return *std::move(e);
    return arn_answer(config_kind, add(store, config_kind, store.configs, call));
}

service_reply describe(resource_store& store, const operation_call& call) {
    const std::string name = text(call.input, "EndpointConfigName");
    const stored* c = store.configs.find(name, call.now);
    if (!c) return could_not_find(store, config_kind.arn_prefix, config_kind.told_as, name);
    const json::document request = parse_stored(c->body);
    const json::value root = request.root();
    json::writer out;
    out.begin_object().member("EndpointConfigName", c->name).member("EndpointConfigArn", c->arn);
    for (const char* list : {"ProductionVariants", "ShadowProductionVariants"})
        if (const json::value v = root.find(list); !v.is_null()) {
            out.key(list);
            write_variants(v, out);
        }
    for (const char* member : {"DataCaptureConfig", "KmsKeyId", "AsyncInferenceConfig", "ExplainerConfig",
                               "ExecutionRoleArn", "VpcConfig", "MetricsConfig"})
        if (const json::value v = root.find(member); !v.is_null()) out.member(member, v);
    out.member("EnableNetworkIsolation", root.find("EnableNetworkIsolation").boolean().value_or(false));
    out.member("CreationTime", to_unix_seconds(c->created)).end_object();
    return out.take();
}

service_reply list(resource_store& store, const operation_call& call) {
    return list_stored(config_kind, store.configs, call);
}

service_reply remove(resource_store& store, const operation_call& call) {
    return remove_stored(store, config_kind, store.configs, call);
}

constexpr resource_operation operations[] = {
    {"CreateEndpointConfig", create,
     "DataCaptureConfig KmsKeyId AsyncInferenceConfig ExplainerConfig VpcConfig EnableNetworkIsolation "
     "MetricsConfig"},
    {"DescribeEndpointConfig", describe},
    {"ListEndpointConfigs", list},
    {"DeleteEndpointConfig", remove}};

}  // namespace

std::span<const resource_operation> config_operations() {
    return operations;
}

}  // namespace trainyard::aws::local::sagemaker::resources
