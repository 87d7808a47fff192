// The SageMaker service as a value, called as the front calls it. Each answer is checked against AWS's model.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "aws/local/sagemaker/sagemaker_service.hpp"

namespace trainyard::aws::local {

inline const wall_time start = from_unix_millis(1'764'000'000'123);

inline std::string create_text(const std::string& name, const std::string& extra = "",
                               const std::string& resources = "", int max_runtime = 3600,
                               const std::string& stopping = "") {
    return R"({"TrainingJobName":")" + name +
           R"(","RoleArn":"arn:aws:iam::111122223333:role/train","AlgorithmSpecification":{"TrainingImage":"i",)"
           R"("TrainingInputMode":"File"},"OutputDataConfig":{"S3OutputPath":"s3://b/o/"},"ResourceConfig":)"
           R"({"InstanceType":"ml.m5.large","InstanceCount":2,"VolumeSizeInGB":10)" +
           resources + R"(},"StoppingCondition":{"MaxRuntimeInSeconds":)" + std::to_string(max_runtime) +
           stopping + R"(},"Tags":[{"Key":"k","Value":"v"}])" + extra + "}";
}

inline std::string named(const std::string& name, const std::string& extra = "") {
    return R"({"TrainingJobName":")" + name + "\"" + extra + "}";
}

class service_fixture : public testing::Test {
protected:
    explicit service_fixture(const sagemaker_options& options) : service(options, journal) {}

    service_reply call(const std::string& operation, const std::string& body, wall_time now = start,
                       const char* account = "111122223333") {
        auto document = json::document::parse(body);
        EXPECT_TRUE(document.has_value()) << body;
        operation_call c;
        c.operation = operation;
        c.input = document->root();
        c.who.account = account_id{account};
        c.region = region_name{"eu-west-1"};
        c.now = now;
        auto reply = service.handle(c);
        if (reply) conforms(operation, *reply);
        return reply;
    }
    std::string ok(const std::string& operation, const std::string& body, wall_time now = start) {
        const auto reply = call(operation, body, now);
        EXPECT_TRUE(reply.has_value()) << (reply ? "" : reply.error().message);
        return reply ? *reply : "";
    }
    std::string refusal(const std::string& operation, const std::string& body, wall_time now = start) {
        const auto reply = call(operation, body, now);
        EXPECT_FALSE(reply.has_value()) << body;
        return reply ? "" : reply.error().type + ": " + reply.error().message;
    }
    // A member of DescribeTrainingJob's answer, as text.
    std::string described(const std::string& name, std::string_view member, wall_time now) {
        const std::string answer = ok("DescribeTrainingJob", named(name), now);
        const auto document = json::document::parse(answer);
        const json::value v = document->root().find(member);
        if (!v.exists()) return "";
        const auto text = v.string();
        return text ? std::string{*text} : json::to_text(v);
    }
    void set_rules(const std::string& text) {
        const auto document = json::document::parse(text);
        const auto set = service.set_rules(document->root());
        EXPECT_TRUE(set.has_value()) << (set ? "" : set.error().message);
    }

    job_journal journal;
    sagemaker_service service;

private:
    void conforms(const std::string& operation, const std::string& reply) {
        const auto output = model::sagemaker_model().find(operation)->output;
        if (output == model::no_shape) {
            EXPECT_EQ(reply, "");
            return;
        }
        const auto document = json::document::parse(reply);
        ASSERT_TRUE(document.has_value()) << reply;
        auto problem = checks_.check_shape(output, document->root());
        // AWS leaves it empty until the upload, though its own model's pattern says otherwise.
        if (problem &&
            problem->message ==
                "1 validation error detected: Value '' at 'modelArtifacts.s3ModelArtifacts' failed "
                "to satisfy constraint: Member must satisfy regular expression pattern: "
                "(https|s3)://([^/]+)/?(.*)")
            problem.reset();
        EXPECT_FALSE(problem.has_value()) << operation << ": " << (problem ? problem->message : "") << reply;
    }
    model::validator checks_{model::sagemaker_model()};
};

}  // namespace trainyard::aws::local
