#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/resources/resource_operations.hpp"
#include "aws/local/sagemaker/resources/stored_operations.hpp"

namespace trainyard::aws::local::sagemaker::resources {
namespace {

std::optional<service_error> refuse_containers(json::value in) {
    const json::value primary = in.find("PrimaryContainer"), list = in.find("Containers");
    if (primary.is_null() == (list.size() == 0))
        return validation_exception("Exactly one of PrimaryContainer and Containers is required.");
    const auto runnable = [](json::value c) {
        return !c.find("Image").is_null() || !c.find("ModelPackageName").is_null();
    };
    bool good = primary.is_null() || runnable(primary);
    for (const json::value c : list.elements()) good = good && runnable(c);
    if (!good) return validation_exception("A container needs an Image or a ModelPackageName.");
    return std::nullopt;
}

void write_model(const stored& m, json::writer& out) {
    const json::document request = parse_stored(m.body);
    const json::value root = request.root();
    out.member("ModelName", m.name);
    for (const char* member :
         {"PrimaryContainer", "Containers", "InferenceExecutionConfig", "ExecutionRoleArn", "VpcConfig"})
        if (const json::value v = root.find(member); !v.is_null()) out.member(member, v);
    out.member("CreationTime", to_unix_seconds(m.created)).member("ModelArn", m.arn);
    out.member("EnableNetworkIsolation", root.find("EnableNetworkIsolation").boolean().value_or(false));
}

void tell(const resource_store& store, const stored& m, wall_time when) {
    if (!store.host.tell) return;
    json::writer out;
    out.begin_object();
    write_model(m, out);
    out.key("Tags").begin_object();
    for (const auto& [key, value] : m.tags) out.member(key, value);
    out.end_object().end_object();
    store.host.tell({when, "SageMaker Model State Change", m.arn, out.take()});
}

service_reply create(resource_store& store, const operation_call& call) {
    if (auto e = refuse_new(store, model_kind, store.models, text(call.input, "ModelName")))
        return *std::move(e);
    if (auto e = refuse_containers(call.input)) return *std::move(e);
    const stored& m = add(store, model_kind, store.models, call);
    tell(store, m, m.created);
    return arn_answer(model_kind, m);
}

service_reply describe(resource_store& store, const operation_call& call) {
    const std::string name = text(call.input, "ModelName");
    const stored* m = store.models.find(name, call.now);
    if (!m) return could_not_find(store, model_kind.arn_prefix, model_kind.told_as, name);
    return describe_model(*m);
}

service_reply list(resource_store& store, const operation_call& call) {
    return list_stored(model_kind, store.models, call);
}

service_reply remove(resource_store& store, const operation_call& call) {
    return remove_stored(store, model_kind, store.models, call);
}

constexpr resource_operation operations[] = {
    {"CreateModel", create, "InferenceExecutionConfig VpcConfig EnableNetworkIsolation"},
    {"DescribeModel", describe},
    {"ListModels", list},
    {"DeleteModel", remove}};

}  // namespace

std::string describe_model(const stored& m) {
    json::writer out;
    out.begin_object();
    write_model(m, out);
    out.end_object();
    return out.take();
}

std::string model_record(const stored& m) {
    json::writer out;
    out.begin_object();
    write_model(m, out);
    out.key("Tags");
    write_tags(m.tags, out);
    out.end_object();
    return out.take();
}

std::span<const resource_operation> model_operations() {
    return operations;
}

}  // namespace trainyard::aws::local::sagemaker::resources
