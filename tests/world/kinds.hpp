// Messages of every kind, and what must stand in an account before the later ones can start.
#pragma once

#include <fmt/format.h>

#include "engine/base/json.hpp"
#include "tests/world/fixture.hpp"

namespace trainyard {

class Kinds : public World {
protected:
    static std::string training(const std::string& name, const std::string& envelope = "",
                                const std::string& seconds = "30") {
        return fmt::format(
            R"({{"kind":"training","name":"{}"{},"request":{{"AlgorithmSpecification":{{"TrainingImage":"i","TrainingInputMode":"File"}},)"
            R"("RoleArn":"${{pool.execution_role}}","OutputDataConfig":{{"S3OutputPath":"${{pool.bucket}}/o"}},)"
            R"("ResourceConfig":{{"InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":1}},)"
            R"("StoppingCondition":{{"MaxRuntimeInSeconds":3600}},"HyperParameters":{{"trainyard-local-seconds":"{}"}}}}}})",
            name, envelope, seconds);
    }
    static std::string tuning(const std::string& name, const std::string& envelope = "") {
        return fmt::format(
            R"({{"kind":"tuning","name":"{}"{},"request":{{"HyperParameterTuningJobConfig":{{"Strategy":"Random",)"
            R"("HyperParameterTuningJobObjective":{{"Type":"Minimize","MetricName":"loss"}},)"
            R"("ResourceLimits":{{"MaxNumberOfTrainingJobs":3,"MaxParallelTrainingJobs":2}},)"
            R"("ParameterRanges":{{"ContinuousParameterRanges":[{{"Name":"lr","MinValue":"0.1","MaxValue":"1"}}]}}}},)"
            R"("TrainingJobDefinition":{{"AlgorithmSpecification":{{"TrainingImage":"i","TrainingInputMode":"File",)"
            R"("MetricDefinitions":[{{"Name":"loss","Regex":"loss=([0-9.]+);"}}]}},"RoleArn":"${{pool.execution_role}}",)"
            R"("OutputDataConfig":{{"S3OutputPath":"${{pool.bucket}}/o"}},"StoppingCondition":{{"MaxRuntimeInSeconds":3600}},)"
            R"("ResourceConfig":{{"InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":1}},)"
            R"("StaticHyperParameters":{{"trainyard-local-seconds":"10"}}}}}}}})",
            name, envelope);
    }
    static std::string processing(const std::string& name, const std::string& envelope = "",
                                  std::string outcome = "") {
        if (!outcome.empty()) outcome = R"(,"TRAINYARD_LOCAL_OUTCOME":")" + outcome + "\"";
        return fmt::format(
            R"({{"kind":"processing","name":"{}"{},"request":{{"AppSpecification":{{"ImageUri":"i"}},)"
            R"("RoleArn":"${{pool.execution_role}}","Environment":{{"TRAINYARD_LOCAL_SECONDS":"10"{}}},)"
            R"("ProcessingResources":{{"ClusterConfig":{{"InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":1}}}}}}}})",
            name, envelope, outcome);
    }
    static std::string transform(const std::string& name, const std::string& envelope = "") {
        return fmt::format(
            R"({{"kind":"transform","name":"{}"{},"request":{{"ModelName":"m","Environment":{{"TRAINYARD_LOCAL_SECONDS":"10"}},)"
            R"("TransformInput":{{"DataSource":{{"S3DataSource":{{"S3DataType":"S3Prefix","S3Uri":"s3://b/in"}}}}}},)"
            R"("TransformOutput":{{"S3OutputPath":"${{pool.bucket}}/out"}},)"
            R"("TransformResources":{{"InstanceType":"ml.m5.xlarge","InstanceCount":1}}}}}})",
            name, envelope);
    }
    static std::string pipeline(const std::string& name, const std::string& envelope = "",
                                const std::string& which = "p") {
        return fmt::format(
            R"({{"kind":"pipeline","name":"{}"{},"resources":{{"ml.m5.xlarge":1}},"request":{{"PipelineName":"{}"}}}})",
            name, envelope, which);
    }
    static std::string endpoint_job(const std::string& name,
                                    const std::string& envelope = R"(,"lifetime_seconds":1)") {
        return fmt::format(
            R"({{"kind":"endpoint","name":"{}"{},"resources":{{"ml.m5.xlarge":1}},"request":{{"EndpointConfigName":"c"}}}})",
            name, envelope);
    }
    static std::string endpoint_with_config(const std::string& name, const std::string& envelope) {
        return fmt::format(
            R"({{"kind":"endpoint","name":"{}"{},"request":{{"EndpointConfig":{{"ProductionVariants":[{{"VariantName":"v",)"
            R"("ModelName":"m","InstanceType":"ml.m5.xlarge","InitialInstanceCount":2}}]}}}}}})",
            name, envelope);
    }
    // A model, an endpoint configuration and two pipelines in every pool of the fleet.
    void prepare_accounts() {
        const std::string role = R"("arn:aws:iam::111111111111:role/exec")";
        for (const std::string region : {"us-east-1", "us-west-2"}) {
            const auto make = [&](const std::string& operation, const std::string& body) {
                call("sagemaker", "SageMaker." + operation, body, "111111111111", region);
            };
            make("CreateModel",
                 R"({"ModelName":"m","PrimaryContainer":{"Image":"i"},"ExecutionRoleArn":)" + role + "}");
            make("CreateEndpointConfig",
                 R"({"EndpointConfigName":"c","ProductionVariants":[{"VariantName":"v","ModelName":"m",)"
                 R"("InstanceType":"ml.m5.xlarge","InitialInstanceCount":1}]})");
            const auto define = [&](const std::string& name, const std::string& steps) {
                json::writer w;
                w.begin_object().member("PipelineName", std::string_view{name});
                w.member("ClientRequestToken", std::string_view{std::string(32, 'a') + name});
                w.member("PipelineDefinition",
                         std::string_view{R"({"Version":"2020-12-01","Steps":[)" + steps + "]}"});
                w.member("RoleArn", "arn:aws:iam::111111111111:role/exec").end_object();
                make("CreatePipeline", w.text());
            };
            define(
                "p",
                R"({"Name":"s","Type":"Lambda","FunctionArn":"arn:aws:lambda:us-east-1:111111111111:function:f",)"
                R"("Arguments":{"trainyard-local-seconds":20}})");
            define("bad", R"({"Name":"f","Type":"Fail","Arguments":{"ErrorMessage":"no luck"}})");
        }
    }
    std::vector<std::string> every_kind() const {
        return {training("tr"),  tuning("tu"),   processing("pr"),
                transform("tf"), pipeline("pi"), endpoint_job("en")};
    }
};

}  // namespace trainyard
