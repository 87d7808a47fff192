// A tuning service over scripted training jobs, and requests for it. Every answer is checked against the
// model.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "aws/local/sagemaker/tuning/tuning_service.hpp"
#include "tests/aws/local_sagemaker/scripted_training.hpp"

namespace trainyard::aws::local::sagemaker {

inline const account_id account{"111122223333"};
inline const region_name region{"eu-west-1"};
inline const wall_time noon = *parse_iso8601("2026-01-01T12:00:00Z");

// `config`: further members of HyperParameterTuningJobConfig; `more`: of the request.
struct tuning_text {
    std::string name = "t";
    std::string strategy = "Random";
    std::string limits = R"("MaxNumberOfTrainingJobs":4,"MaxParallelTrainingJobs":2)";
    std::string ranges = R"("ContinuousParameterRanges":[{"Name":"lr","MinValue":"0.001","MaxValue":"0.1"}])";
    std::string objective = "Minimize";
    std::string config = "";
    std::string more = "";
    std::string definition_more = "";

    std::string definition(const std::string& members) const {
        return R"({"AlgorithmSpecification":{"TrainingImage":"i","TrainingInputMode":"File","MetricDefinitions":)"
               R"([{"Name":"loss","Regex":"l"}]},"RoleArn":"arn:aws:iam::111122223333:role/train",)"
               R"("OutputDataConfig":{"S3OutputPath":"s3://b/o"},"ResourceConfig":{"InstanceType":"ml.m5.large",)"
               R"("InstanceCount":2,"VolumeSizeInGB":10},"StoppingCondition":{"MaxRuntimeInSeconds":100},)"
               R"("StaticHyperParameters":{"epochs":"3"})" +
               members + "}";
    }
    std::string text() const {
        return R"({"HyperParameterTuningJobName":")" + name +
               R"(","HyperParameterTuningJobConfig":{"Strategy":")" + strategy + R"(","ResourceLimits":{)" +
               limits + R"(},"HyperParameterTuningJobObjective":{"Type":")" + objective +
               R"(","MetricName":"loss"},"ParameterRanges":{)" + ranges + "}" + config +
               R"(},"TrainingJobDefinition":)" + definition(definition_more) +
               R"(,"Tags":[{"Key":"k","Value":"v"}])" + more + "}";
    }
};

class tuning : public testing::Test {
protected:
    tuning() { service.add_operations(table); }

    service_reply call(const std::string& operation, const std::string& input) {
        const auto read = json::document::parse(input);
        EXPECT_TRUE(read) << input;
        service.advance(now);
        const operation_call c{operation, read->root(), {account, "arn:aws:iam::111122223333:user/a", "AIDA"},
                               region,    "http://h",   now};
        auto reply = table.handle(c);
        if (reply && !reply->empty()) conforms(operation, *reply);
        return reply;
    }
    static void conforms(const std::string& operation, const std::string& answer) {
        const auto& known = model::sagemaker_model();
        model::validator checks{known};
        const auto read = json::document::parse(answer);
        ASSERT_TRUE(read);
        const auto problem = checks.check_shape(known.find(operation)->output, read->root());
        EXPECT_FALSE(problem) << operation << ": " << problem->message << "\n" << answer;
    }
    json::document ok(const std::string& operation, const std::string& input) {
        const auto reply = call(operation, input);
        EXPECT_TRUE(reply) << (reply ? "" : reply.error().message);
        auto read = json::document::parse(reply && !reply->empty() ? *reply : "{}");
        return std::move(*read);
    }
    std::string refusal(const std::string& operation, const std::string& input) {
        const auto reply = call(operation, input);
        EXPECT_FALSE(reply) << input;
        return reply ? "" : reply.error().type + ": " + reply.error().message;
    }
    json::document describe(const std::string& name = "t") {
        return ok("DescribeHyperParameterTuningJob", named(name));
    }
    std::string status(const std::string& name = "t") {
        return std::string{*describe(name).root().find("HyperParameterTuningJobStatus").string()};
    }
    std::int64_t counter(const char* which, const std::string& name = "t") {
        return *describe(name).root().find("TrainingJobStatusCounters").find(which).integer();
    }
    static std::string named(const std::string& name) {
        return R"({"HyperParameterTuningJobName":")" + name + "\"}";
    }
    void create(const tuning_text& t) { ok("CreateHyperParameterTuningJob", t.text()); }

    wall_time now = noon;
    quota_book quotas{100, {}};
    scripted_training training;
    tuning_service service{training, quotas, {}};
    operation_table table;
};

}  // namespace trainyard::aws::local::sagemaker
