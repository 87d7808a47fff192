// What the operations of SageMaker need. Its API is regular: CreateTrainingJob is about TrainingJobName,
// which is the resource training-job/NAME.
#include <fmt/format.h>

#include <algorithm>

#include "aws/local/base/validation.hpp"
#include "aws/local/identity/access_guard.hpp"
#include "aws/local/identity/iam_answer.hpp"

namespace trainyard::aws::local {
namespace {

// "TrainingJob" is "training-job".
std::string kebab(std::string_view noun) {
    if (noun.starts_with("AutoMLJob")) return "automl-job";
    std::string out;
    for (const char c : noun) {
        const bool capital = c >= 'A' && c <= 'Z';
        if (capital && !out.empty()) out += '-';
        out += capital ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return out;
}

std::string_view noun_of(std::string_view operation) {
    for (const std::string_view verb :
         {"Create", "Describe", "Stop", "Delete", "Update", "Start", "Retry", "Invoke"})
        if (operation.starts_with(verb)) return operation.substr(verb.size());
    return {};
}

std::string resource_of(const operation_call& call) {
    const std::string_view noun = noun_of(call.operation);
    const auto arn = [&call](std::string_view kind, std::string_view name) {
        return fmt::format("arn:aws:sagemaker:{}:{}:{}/{}", call.region.str(), call.who.account.str(), kind,
                           name);
    };
    if (noun.empty()) {
        const std::string given = text_of(call.input, "ResourceArn");
        return given.empty() ? "*" : given;  // lists have no resource
    }
    if (const std::string name = text_of(call.input, fmt::format("{}Name", noun)); !name.empty())
        return arn(kebab(noun), name);
    if (const std::string given = text_of(call.input, fmt::format("{}Arn", noun)); !given.empty())
        return given;
    for (const std::string_view whole : {"Pipeline", "Endpoint"})
        if (noun.starts_with(whole))
            if (const std::string name = text_of(call.input, fmt::format("{}Name", whole)); !name.empty())
                return arn(kebab(whole), name);
    return "*";
}

json::value at(json::value from, std::initializer_list<std::string_view> path) {
    for (const std::string_view name : path) from = from.find(name);
    return from;
}

void add_text(policy_context& context, const char* key, json::value v) {
    if (v.is_null() || v.is_array() || v.is_object()) return;
    context.emplace(key, v.is_string() ? std::string{*v.string()} : json::to_text(v));
}

void add_list(policy_context& context, const char* key, json::value list) {
    std::vector<std::string> all;
    for (const json::value v : list.elements()) all.emplace_back(v.string().value_or(""));
    if (!all.empty()) context.emplace(key, std::move(all));
}

policy_context context_of_job(json::value in) {
    policy_context out;
    std::vector<std::string> types;
    for (const json::value v : {at(in, {"ResourceConfig", "InstanceType"}),
                                at(in, {"ProcessingResources", "ClusterConfig", "InstanceType"}),
                                at(in, {"TransformResources", "InstanceType"})})
        if (const auto type = v.string()) types.emplace_back(*type);
    for (const json::value group : at(in, {"ResourceConfig", "InstanceGroups"}).elements())
        types.push_back(text_of(group, "InstanceType"));
    for (const json::value variant : in.find("ProductionVariants").elements())
        if (const auto type = variant.find("InstanceType").string()) types.emplace_back(*type);
    if (!types.empty()) out.emplace("sagemaker:instancetypes", std::move(types));
    add_text(out, "sagemaker:maxruntimeinseconds", at(in, {"StoppingCondition", "MaxRuntimeInSeconds"}));
    add_text(out, "sagemaker:keepaliveperiod", at(in, {"ResourceConfig", "KeepAlivePeriodInSeconds"}));
    add_text(out, "sagemaker:networkisolation", in.find("EnableNetworkIsolation"));
    add_text(out, "sagemaker:networkisolation", at(in, {"NetworkConfig", "EnableNetworkIsolation"}));
    add_text(out, "sagemaker:intercontainertrafficencryption",
             in.find("EnableInterContainerTrafficEncryption"));
    add_text(out, "sagemaker:enableremotedebug", at(in, {"RemoteDebugConfig", "EnableRemoteDebug"}));
    for (const char* member : {"ResourceConfig", "TransformResources"})
        add_text(out, "sagemaker:volumekmskey", at(in, {member, "VolumeKmsKeyId"}));
    for (const char* member : {"OutputDataConfig", "TransformOutput", "ProcessingOutputConfig"})
        add_text(out, "sagemaker:outputkmskey", at(in, {member, "KmsKeyId"}));
    for (const json::value vpc : {in.find("VpcConfig"), at(in, {"NetworkConfig", "VpcConfig"})}) {
        add_list(out, "sagemaker:vpcsubnets", vpc.find("Subnets"));
        add_list(out, "sagemaker:vpcsecuritygroupids", vpc.find("SecurityGroupIds"));
    }
    add_request_tags(out, in.find("Tags"));
    return out;
}

// The role members of jobs, models, pipelines and of the jobs that a tuning job starts. What is no role ARN
// is left to the validation of the request.
std::vector<std::string> roles_of(json::value in) {
    std::vector<std::string> out;
    const auto add = [&out](json::value v) {
        const auto arn = v.string();
        if (arn && is_role_arn(*arn) && std::find(out.begin(), out.end(), *arn) == out.end())
            out.emplace_back(*arn);
    };
    add(in.find("RoleArn"));
    add(in.find("ExecutionRoleArn"));
    add(at(in, {"TrainingJobDefinition", "RoleArn"}));
    for (const json::value definition : in.find("TrainingJobDefinitions").elements())
        add(definition.find("RoleArn"));
    return out;
}

}  // namespace

std::optional<service_error> refused_role(const role_check& roles, const operation_call& call) {
    const std::string resource = resource_of(call);
    for (const std::string& arn : roles_of(call.input)) {
        const role_answer answer =
            roles.check({call.who, arn, "sagemaker.amazonaws.com", resource, call.now});
        if (answer.outcome == role_outcome::ok) continue;
        const bool denied = answer.outcome == role_outcome::pass_role_denied;
        return service_error{400, denied ? "AccessDeniedException" : "ValidationException", "",
                             answer.message, true};
    }
    return std::nullopt;
}

std::vector<access> required_sagemaker_access(const operation_call& call) {
    const access what{fmt::format("sagemaker:{}", call.operation), resource_of(call),
                      context_of_job(call.input)};
    std::vector<access> out{what};
    // Tags on create need the permission to tag, told apart by sagemaker:TaggingAction.
    if (call.operation.starts_with("Create") && call.input.find("Tags").size() > 0) {
        access tag{"sagemaker:AddTags", what.resource, what.context};
        tag.context.emplace("sagemaker:taggingaction", call.operation);
        out.push_back(std::move(tag));
    }
    return out;
}

}  // namespace trainyard::aws::local
