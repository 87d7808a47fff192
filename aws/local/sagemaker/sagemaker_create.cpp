#include "aws/local/sagemaker/sagemaker_create.hpp"

#include <charconv>
#include <cmath>
#include <limits>

namespace trainyard::aws::local {
namespace {

constexpr std::int64_t any_int32 = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t tags_max = 50;
constexpr std::size_t parameters_max = 100;
// FailureReason of the SageMaker model (characters; the hyperparameter itself is shorter than 2,500).
constexpr std::size_t failure_reason_max = 1024;

service_error bad_local_parameter(std::string_view name, std::string_view want) {
    return validation_exception("HyperParameters: " + std::string{name} + " must be " + std::string{want} +
                                ".");
}

std::optional<service_error> read_outcome(json::value parameters, job_plan& plan) {
    if (const auto text = parameters.find(local_seconds_parameter).string()) {
        double seconds = 0;
        const auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), seconds);
        const double most = std::chrono::duration<double>{runtime_limit}.count();
        if (code != std::errc{} || end != text->data() + text->size() || !(seconds >= 0 && seconds <= most))
            return bad_local_parameter(local_seconds_parameter, "a number of seconds, 0 to 2419200");
        plan.training = std::chrono::round<duration>(std::chrono::duration<double>{seconds});
    }
    if (const auto text = parameters.find(local_outcome_parameter).string(); text && *text != "Completed") {
        std::string_view reason = *text;
        const std::string_view prefix = "Failed:";
        if (!reason.starts_with(prefix))
            return bad_local_parameter(local_outcome_parameter, "Completed, or Failed: and a FailureReason");
        reason.remove_prefix(prefix.size());
        while (reason.starts_with(' ')) reason.remove_prefix(1);
        if (reason.empty() || reason.size() > failure_reason_max)
            return bad_local_parameter(local_outcome_parameter,
                                       "Failed: and a FailureReason of 1 to 1024 bytes");
        plan.failure_reason = reason;
    }
    return std::nullopt;
}

void read_parameters(validation& check, json::value map, std::string_view path, std::size_t key_max,
                     std::size_t value_max) {
    if (map.size() > parameters_max)
        check.fail(path, json::to_text(map),
                   "have length less than or equal to " + std::to_string(parameters_max));
    const auto members = map.members();
    for (auto at = members.begin(); at != members.end(); ++at) {
        const std::string key{at.key()};
        const auto text = (*at).string();
        if (key.size() > key_max)
            check.fail(path, key, "have length less than or equal to " + std::to_string(key_max));
        if (text)
            check.text(map, key, path, true, 0, value_max);
        else
            check.not_null(std::string{path} + "." + key + ".member");
    }
}

void read_resources(validation& check, json::value config, job_request& out) {
    check.integer(config, "VolumeSizeInGB", "resourceConfig.volumeSizeInGB", false, 0, any_int32);
    const json::value groups = check.list(config, "InstanceGroups", "resourceConfig.instanceGroups", 0, 5);
    const bool single = groups.size() == 0;
    const auto add = [&](json::value v, const std::string& path) {
        const auto type = check.text(v, "InstanceType", path + ".instanceType", true, 1, 64);
        const auto count = check.integer(v, "InstanceCount", path + ".instanceCount", true, 1, any_int32);
        if (type && !type->starts_with("ml."))
            check.fail(path + ".instanceType", *type, "satisfy enum value set: [ml.*]");
        if (type && count) out.instances[*type] += *count;
    };
    if (single) {
        add(config, "resourceConfig");
        return;
    }
    std::size_t number = 0;
    for (const json::value group : groups.elements()) {
        const std::string path = "resourceConfig.instanceGroups." + std::to_string(++number) + ".member";
        check.text(group, "InstanceGroupName", path + ".instanceGroupName", true, 1, 64);
        add(group, path);
    }
}

}  // namespace

std::map<std::string, std::string> read_tags(validation& check, json::value input, bool required) {
    std::map<std::string, std::string> tags;
    if (required && input.find("Tags").is_null()) check.not_null("tags");
    std::size_t number = 0;
    for (const json::value tag : check.list(input, "Tags", "tags", 0, tags_max).elements()) {
        const std::string path = "tags." + std::to_string(++number) + ".member";
        const auto key = check.text(tag, "Key", path + ".key", true, 1, 128);
        const auto value = check.text(tag, "Value", path + ".value", true, 0, 256);
        if (key && value) tags.insert_or_assign(*key, *value);
    }
    return tags;
}

boost::system::result<job_request, service_error> read_create_training_job(json::value input) {
    validation check;
    job_request out;
    const auto name = check.text(input, "TrainingJobName", "trainingJobName", true, 1, 63);
    if (name && !is_job_name(*name))
        check.fail("trainingJobName", *name,
                   "satisfy regular expression pattern: " + std::string{job_name_pattern});
    const auto role = check.text(input, "RoleArn", "roleArn", true, 20, 2048);
    if (role && !is_role_arn(*role))
        check.fail("roleArn", *role, "satisfy regular expression pattern: " + std::string{role_arn_pattern});
    const json::value output = check.structure(input, "OutputDataConfig", "outputDataConfig", true);
    if (output.exists()) check.text(output, "S3OutputPath", "outputDataConfig.s3OutputPath", true, 0, 1024);
    const json::value parameters = check.structure(input, "HyperParameters", "hyperParameters", false);
    read_parameters(check, parameters, "hyperParameters", 256, 2500);
    read_parameters(check, check.structure(input, "Environment", "environment", false), "environment", 512,
                    512);
    check.list(input, "InputDataConfig", "inputDataConfig", 1, 20);

    const json::value algorithm =
        check.structure(input, "AlgorithmSpecification", "algorithmSpecification", false);
    if (algorithm.exists()) {
        const auto mode = check.text(algorithm, "TrainingInputMode",
                                     "algorithmSpecification.trainingInputMode", true, 0, 64);
        check.one_of(mode, "algorithmSpecification.trainingInputMode", {"Pipe", "File", "FastFile"});
    }
    const json::value resources = check.structure(input, "ResourceConfig", "resourceConfig", false);
    if (resources.exists()) read_resources(check, resources, out);
    const json::value stopping = check.structure(input, "StoppingCondition", "stoppingCondition", false);
    constexpr std::int64_t longest = std::chrono::duration_cast<std::chrono::seconds>(runtime_limit).count();
    const auto runtime = check.integer(stopping, "MaxRuntimeInSeconds",
                                       "stoppingCondition.maxRuntimeInSeconds", false, 1, longest);
    const auto wait = check.integer(stopping, "MaxWaitTimeInSeconds",
                                    "stoppingCondition.maxWaitTimeInSeconds", false, 1, any_int32);
    if (runtime) out.plan.max_runtime = std::chrono::seconds{*runtime};
    out.spot = check.flag(input, "EnableManagedSpotTraining");
    out.tags = read_tags(check, input, false);
    if (auto e = check.error()) return *std::move(e);

    if (input.find("ServerlessJobConfig").is_null()) {
        for (const char* member : {"AlgorithmSpecification", "ResourceConfig", "StoppingCondition"})
            if (input.find(member).is_null())
                return validation_exception(std::string{member} + " is required for a training job.");
    }
    const std::int64_t runtime_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(out.plan.max_runtime).count();
    if (out.spot && (!wait || *wait < runtime_seconds))
        return validation_exception(
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds.");
    if (auto e = read_outcome(parameters, out.plan)) return *std::move(e);
    out.name = *name;
    out.body = json::to_text(input);
    return out;
}

}  // namespace trainyard::aws::local
