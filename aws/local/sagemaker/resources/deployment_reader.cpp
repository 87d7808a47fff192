#include "aws/local/sagemaker/resources/deployment_reader.hpp"

#include "aws/local/sagemaker/resources/stored_operations.hpp"

namespace trainyard::aws::local::sagemaker::resources {
namespace {

std::string json_of(json::value in, std::string_view member) {
    const json::value v = in.find(member);
    return v.is_null() ? std::string{} : json::to_text(v);
}

std::vector<std::string> images_of(resource_store& store, const std::string& model) {
    std::vector<std::string> out;
    const stored* const found = store.models.find(model);
    if (found == nullptr) return out;
    const json::document request = parse_stored(found->body);
    const auto add = [&](json::value container) {
        if (const auto image = container.find("Image").string()) out.emplace_back(*image);
    };
    add(request.root().find("PrimaryContainer"));
    for (const json::value c : request.root().find("Containers").elements()) add(c);
    return out;
}

std::vector<variant> read_variants(resource_store& store, json::value list) {
    std::vector<variant> out;
    for (const json::value v : list.elements()) {
        variant made;
        made.name = text(v, "VariantName");
        made.images = images_of(store, text(v, "ModelName"));
        made.instance_type = text(v, "InstanceType");
        made.instances = made.instances_wanted =
            made.instance_type.empty() ? 0 : v.find("InitialInstanceCount").integer().value_or(1);
        made.weight = made.weight_wanted = v.find("InitialVariantWeight").number().value_or(1);
        made.serverless = json_of(v, "ServerlessConfig");
        made.managed_scaling = json_of(v, "ManagedInstanceScaling");
        made.routing = json_of(v, "RoutingConfig");
        out.push_back(std::move(made));
    }
    return out;
}

}  // namespace

deployment read_deployment(resource_store& store, const stored& config) {
    const json::document request = parse_stored(config.body);
    const json::value root = request.root();
    deployment out;
    out.config_name = config.name;
    out.variants = read_variants(store, root.find("ProductionVariants"));
    out.shadows = read_variants(store, root.find("ShadowProductionVariants"));
    out.data_capture = json_of(root, "DataCaptureConfig");
    out.async_inference = json_of(root, "AsyncInferenceConfig");
    out.explainer = json_of(root, "ExplainerConfig");
    out.metrics = json_of(root, "MetricsConfig");
    return out;
}

void retain(deployment& to, const deployment& from, retained what) {
    for (variant& v : to.variants)
        for (const variant& old : from.variants) {
            if (old.name != v.name) continue;
            if (what.instance_counts && !v.instance_type.empty() && !old.instance_type.empty())
                v.instances = v.instances_wanted = old.instances_wanted;
            if (what.weights) v.weight = v.weight_wanted = old.weight_wanted;
        }
}

}  // namespace trainyard::aws::local::sagemaker::resources
