// How endpoints look in answers and in Search.
#include "aws/local/sagemaker/resources/endpoint_answers.hpp"

#include "aws/local/sagemaker/resources/stored_operations.hpp"

namespace trainyard::aws::local::sagemaker::resources {
namespace {

void copy_json(json::writer& out, std::string_view key, const std::string& body) {
    if (!body.empty()) out.member(key, parse_stored(body).root());
}

std::string_view variant_status(endpoint_status s) {
    switch (s) {
        case endpoint_status::creating: return "Creating";
        case endpoint_status::updating:
        case endpoint_status::rolling_back: return "Updating";
        case endpoint_status::deleting: return "Deleting";
        default: return {};
    }
}

struct variant_view {
    bool pending = false;     // a fleet that is being made: it has nothing yet
    std::string_view status;  // empty: none is told
    wall_time since{};
};

void write_variant(const variant& v, const variant_view& view, json::writer& out) {
    out.begin_object().member("VariantName", v.name).key("DeployedImages").begin_array();
    for (const std::string& image : v.images) {
        out.begin_object().member("SpecifiedImage", image).member("ResolvedImage", image);
        out.member("ResolutionTime", to_unix_seconds(view.since)).end_object();
    }
    out.end_array();
    if (!view.pending) out.member("CurrentWeight", v.weight);
    out.member("DesiredWeight", v.weight_wanted);
    if (!v.instance_type.empty()) {
        out.member("CurrentInstanceCount", view.pending ? std::int64_t{0} : v.instances);
        out.member("DesiredInstanceCount", v.instances_wanted);
        if (view.pending) out.member("InstanceType", v.instance_type);
    }
    if (!view.pending) copy_json(out, "CurrentServerlessConfig", v.serverless);
    copy_json(out, "DesiredServerlessConfig", v.serverless);
    copy_json(out, "ManagedInstanceScaling", v.managed_scaling);
    copy_json(out, "RoutingConfig", v.routing);
    if (!view.status.empty()) {
        out.key("VariantStatus").begin_array().begin_object().member("Status", view.status);
        out.member("StartTime", to_unix_seconds(view.since)).end_object().end_array();
    }
    out.end_object();
}

void write_variants(const std::vector<variant>& list, std::string_view member, const variant_view& view,
                    json::writer& out) {
    if (list.empty()) return;
    out.key(member).begin_array();
    for (const variant& v : list) write_variant(v, view, out);
    out.end_array();
}

// The summary has other members than the configuration that it comes from.
void write_data_capture(const std::string& config, json::writer& out) {
    if (config.empty()) return;
    const json::document document = parse_stored(config);
    const json::value in = document.root();
    const bool enabled = in.find("EnableCapture").boolean().value_or(false);
    out.key("DataCaptureConfig").begin_object().member("EnableCapture", enabled);
    out.member("CaptureStatus", enabled ? "Started" : "Stopped");
    out.member("CurrentSamplingPercentage", in.find("InitialSamplingPercentage").integer().value_or(100));
    out.member("DestinationS3Uri", text(in, "DestinationS3Uri")).member("KmsKeyId", text(in, "KmsKeyId"));
    out.end_object();
}

void write_endpoint(const live_endpoint& live, json::writer& out) {
    const endpoint& e = live.run;
    out.member("EndpointName", e.name()).member("EndpointArn", e.arn());
    out.member("EndpointConfigName", e.config_name());
    if (e.current()) {
        const variant_view view{false, variant_status(e.status()), e.modified()};
        write_variants(e.current()->variants, "ProductionVariants", view, out);
        write_variants(e.current()->shadows, "ShadowProductionVariants", view, out);
        write_data_capture(e.current()->data_capture, out);
    }
    out.member("EndpointStatus", to_string(e.status()));
    if (!e.failure_reason().empty()) out.member("FailureReason", e.failure_reason());
    out.member("CreationTime", to_unix_seconds(e.created()));
    out.member("LastModifiedTime", to_unix_seconds(e.modified()));
}

}  // namespace

std::string describe_endpoint(const live_endpoint& live) {
    const endpoint& e = live.run;
    json::writer out;
    out.begin_object();
    write_endpoint(live, out);
    copy_json(out, "LastDeploymentConfig", e.deployment_config());
    if (e.current()) {
        copy_json(out, "AsyncInferenceConfig", e.current()->async_inference);
        copy_json(out, "ExplainerConfig", e.current()->explainer);
        copy_json(out, "MetricsConfig", e.current()->metrics);
    }
    const bool under_way = e.status() == endpoint_status::creating || e.status() == endpoint_status::updating;
    if (under_way && e.pending()) {
        const variant_view view{true, "Creating", e.modified()};
        out.key("PendingDeploymentSummary")
            .begin_object()
            .member("EndpointConfigName", e.pending()->config_name);
        write_variants(e.pending()->variants, "ProductionVariants", view, out);
        write_variants(e.pending()->shadows, "ShadowProductionVariants", view, out);
        out.member("StartTime", to_unix_seconds(e.modified())).end_object();
    }
    out.end_object();
    return out.take();
}

std::string endpoint_record(const live_endpoint& live) {
    json::writer out;
    out.begin_object();
    write_endpoint(live, out);
    out.key("Tags");
    write_tags(live.tags, out);
    out.end_object();
    return out.take();
}

void write_summary(const live_endpoint& live, json::writer& out) {
    const endpoint& e = live.run;
    out.begin_object().member("EndpointName", e.name()).member("EndpointArn", e.arn());
    out.member("CreationTime", to_unix_seconds(e.created()));
    out.member("LastModifiedTime", to_unix_seconds(e.modified()));
    out.member("EndpointStatus", to_string(e.status())).end_object();
}

}  // namespace trainyard::aws::local::sagemaker::resources
