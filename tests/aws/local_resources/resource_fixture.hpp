// The resource half of the local SageMaker behind its table of operations, with training jobs of the real
// store; every answer is checked against AWS's own model.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "aws/local/model/validate.hpp"
#include "aws/local/sagemaker/resource_service.hpp"
#include "aws/local/sagemaker/sagemaker_service.hpp"

namespace trainyard::aws::local::sagemaker {

inline const wall_time start_of_time = from_unix_millis(1'764'000'000'000);

struct resource_fixture : testing::Test {
    job_journal journal;
    sagemaker_service jobs{job_options(), journal};
    quota_book quotas{4, {}};
    job_rules rules{1};
    std::vector<state_change> told;
    std::vector<callback_message> sent;
    model::validator validator{model::sagemaker_model()};
    operation_table table;
    resource_service service;
    double now = 0;
    std::set<std::string> answered;  // operations that have answered

    explicit resource_fixture(resource_settings s = {1.0, 5, {}}) : service(s, hooks()) {
        service.add_operations(table);
    }

    static sagemaker_options job_options() {
        sagemaker_options out;
        out.instance_limit = 5;
        return out;
    }
    resource_hooks hooks() {
        resource_hooks h;
        h.jobs.handle = [this](const operation_call& c) { return handle(c); };
        h.quotas = &quotas;
        h.rules = &rules;
        h.tell = [this](state_change c) { told.push_back(std::move(c)); };
        h.send = [this](callback_message m) { sent.push_back(std::move(m)); };
        return h;
    }
    service_reply handle(const operation_call& c) {
        if (table.rows().contains(c.operation)) return table.handle(c);
        service.advance(c.now);
        service_reply r = jobs.handle(c);
        if (c.operation == "StopTrainingJob") service.jobs_touched(c.who.account, c.region, c.now);
        return r;
    }

    service_reply call(const std::string& operation, const std::string& input) {
        const auto document = json::document::parse(input);
        EXPECT_TRUE(document) << input;
        operation_call c;
        c.operation = operation;
        c.input = document->root();
        c.who.account = account_id{"111122223333"};
        c.who.arn = "arn:aws:iam::111122223333:user/ann";
        c.region = region_name{"eu-west-1"};
        c.now = start_of_time + std::chrono::milliseconds{std::llround(now * 1000)};
        service_reply r = handle(c);
        if (!r) return r;
        answered.insert(operation);
        const model::operation* o = model::sagemaker_model().find(operation);
        if (r->empty() || o->output == model::no_shape) return r;
        const auto answer = json::document::parse(*r);
        EXPECT_TRUE(answer) << *r;
        const auto unlike = validator.check_shape(o->output, answer->root());
        EXPECT_FALSE(unlike) << operation << ": " << unlike->message << *r;
        return r;
    }
    std::string ok(const std::string& operation, const std::string& input) {
        const auto r = call(operation, input);
        EXPECT_TRUE(r) << operation << ": " << r.error().message;
        return r ? *r : "{}";
    }
    void refused(const std::string& operation, const std::string& input, const std::string& type,
                 const std::string& part) {
        const auto r = call(operation, input);
        ASSERT_FALSE(r) << operation << " " << *r;
        EXPECT_EQ(r.error().type, type) << r.error().message;
        EXPECT_THAT(r.error().message, testing::HasSubstr(part));
    }
    json::document document(const std::string& operation, const std::string& input) {
        auto d = json::document::parse(ok(operation, input));
        EXPECT_TRUE(d);
        return *std::move(d);
    }
    std::string text(const std::string& operation, const std::string& input, const char* member) {
        return std::string{document(operation, input).root().find(member).string().value_or("")};
    }

    static std::string arn(const std::string& rest) {
        return "arn:aws:sagemaker:eu-west-1:111122223333:" + rest;
    }
    void model(const std::string& name) {
        ok("CreateModel", R"({"ModelName":")" + name + R"(","PrimaryContainer":{"Image":"image:1"}})");
    }
    static std::string config_of(const std::string& name, int count) {
        return R"({"EndpointConfigName":")" + name +
               R"(","ProductionVariants":[{"VariantName":"a","ModelName":"m","InstanceType":"ml.m5.large",)" +
               R"("InitialInstanceCount":)" + std::to_string(count) + "}]}";
    }
    void config(const std::string& name, int count = 1) {
        ok("CreateEndpointConfig", config_of(name, count));
    }
    static std::string endpoint_of(const std::string& name, const std::string& config) {
        return R"({"EndpointName":")" + name + R"(","EndpointConfigName":")" + config + "\"}";
    }
    std::string status(const std::string& endpoint) {
        return text("DescribeEndpoint", R"({"EndpointName":")" + endpoint + "\"}", "EndpointStatus");
    }
};

}  // namespace trainyard::aws::local::sagemaker
