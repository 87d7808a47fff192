// Messages in, the local AWS's record out.
#include <fmt/format.h>

#include <fstream>

#include "tests/world/fixture.hpp"

namespace trainyard {
namespace {

std::string job(const std::string& name, const std::string& envelope = "", const std::string& hyper = "") {
    return fmt::format(
        R"({{"kind":"training","name":"{}"{},"request":{{"AlgorithmSpecification":{{"TrainingImage":"i","TrainingInputMode":"File"}},)"
        R"("RoleArn":"${{pool.execution_role}}","OutputDataConfig":{{"S3OutputPath":"${{pool.bucket}}/o"}},)"
        R"("ResourceConfig":{{"InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":1}},)"
        R"("StoppingCondition":{{"MaxRuntimeInSeconds":3600}},"HyperParameters":{{"trainyard-local-seconds":"30"{}}}}}}})",
        name, envelope, hyper);
}

TEST_F(World, EveryJobOfAQueueIsStartedOnceAndEnds) {
    open_aws();
    std::vector<std::string> bodies;
    for (int i = 0; i < 60; ++i)
        bodies.push_back(job(fmt::format("j{}", i), i % 2 ? R"(,"tenant":"speech")" : ""));
    send(bodies);
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.outcome, dispatcher::run_outcome::done) << report.message;
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"succeeded", 60}}));
    std::set<std::string> jobs;
    for (const auto& c : creates()) EXPECT_TRUE(jobs.insert(c.tags.at("trainyard:job")).second);
    EXPECT_EQ(jobs.size(), 60U);
    EXPECT_EQ(messages_left(), 0U);
}

TEST_F(World, BadMessagesAreKeptWithTheirReasonAndCopied) {
    open_aws();
    std::string foreign_role = job("x");
    const std::string placeholder = "${pool.execution_role}";
    foreign_role.replace(foreign_role.find(placeholder), placeholder.size(),
                         "arn:aws:iam::999999999999:role/other");
    send({}, "rejected");
    send({"{\"kind\": ", R"({"kind":"baking","request":{}})", foreign_role,
          job("huge", "", R"(,"a":"${pool.secret}")"), job("good")});
    const auto report = run(fleet_yaml(", reject_queue: rejected"));
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"rejected", 4}, {"succeeded", 1}}))
        << report.message;
    EXPECT_EQ(creates().size(), 1U);
    std::multiset<std::string> reasons;
    for (const auto& m : peek("rejected")) reasons.insert(m.attributes.at("trainyard.reason").value);
    ASSERT_EQ(reasons.size(), 4U);
    const auto told = [&](const std::string& part) {
        return std::any_of(reasons.begin(), reasons.end(),
                           [&](const std::string& r) { return r.find(part) != std::string::npos; });
    };
    EXPECT_TRUE(told("not JSON"));
    EXPECT_TRUE(told("/kind: 'baking'"));
    EXPECT_TRUE(
        told("/request/RoleArn: 'arn:aws:iam::999999999999:role/other' is not a role of tenant vision"));
    EXPECT_TRUE(told("unknown placeholder"));
}

TEST_F(World, AJobThatNoPoolCanEverHoldIsRejected) {
    open_aws();
    std::string body = job("wide");
    const std::string one = R"("InstanceCount":1)";
    body.replace(body.find(one), one.size(), R"("InstanceCount":21)");
    send({body});
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"rejected", 1}})) << report.message;
    EXPECT_TRUE(creates().empty());
}

TEST_F(World, FailuresAreRetriedByClass) {
    aws::local::world_options options;
    options.rules_file = (directory / "rules.json").string();
    std::ofstream{options.rules_file} << R"([{"effect":"capacity","name":"ty-capacity-*-1"}])";
    open_aws(options);
    send(
        {job("user", R"(,"max_attempts":3)",
             R"(,"trainyard-local-outcome":"Failed: AlgorithmError: exit 1")"),
         job("platform", R"(,"max_attempts":3)",
             R"(,"trainyard-local-outcome":"Failed: InternalServerError: We encountered an internal error.")"),
         job("capacity", R"(,"max_attempts":1)")});
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"failed", 2}, {"succeeded", 1}}))
        << report.message;
    EXPECT_EQ(creates().size(), 6U)
        << "one attempt of the user's failure, three of the platform's, and want of capacity costs none";
}

TEST_F(World, AQuotaThatSageMakerKnowsBetterFailsNoJob) {
    aws::local::world_options options;
    options.instance_limits["111111111111/us-east-1/ml.m5.xlarge"] = 2;
    options.instance_limits["111111111111/us-west-2/ml.m5.xlarge"] = 4;
    open_aws(options);
    std::vector<std::string> bodies;
    for (int i = 0; i < 6; ++i) bodies.push_back(job(fmt::format("j{}", i), R"(,"max_attempts":1)"));
    send(bodies);
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"succeeded", 6}})) << report.message;
    EXPECT_EQ(creates().size(), 6U);
}

TEST_F(World, ASecondRunRemembersEverything) {
    open_aws();
    send({job("a"), job("b")});
    EXPECT_EQ(run(fleet_yaml()).jobs_by_state.at("succeeded"), 2U);
    send({job("c")});
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state.at("succeeded"), 3U);
    EXPECT_EQ(report.counts.accepted, 1U);
    EXPECT_EQ(creates().size(), 3U);
}

TEST_F(World, WhatCannotWorkIsToldAtStart) {
    open_aws();
    auto report = run(fleet_yaml());
    EXPECT_EQ(report.outcome, dispatcher::run_outcome::misconfigured);
    EXPECT_NE(report.message.find("queue jobs in us-east-1 does not exist: create it"), std::string::npos)
        << report.message;
    send({job("waits")});
    report = run(fleet_yaml(), "wrong");
    EXPECT_EQ(report.outcome, dispatcher::run_outcome::misconfigured);
    EXPECT_NE(report.message.find("check the credentials"), std::string::npos) << report.message;
    EXPECT_EQ(report.message.find("wrong"), std::string::npos) << "no secret in a message";
    EXPECT_EQ(messages_left(), 1U) << "nothing is lost";
    const std::string good = std::exchange(endpoint, "http://127.0.0.1:1");
    report = run(fleet_yaml());
    EXPECT_EQ(report.outcome, dispatcher::run_outcome::unreachable) << report.message;
    endpoint = good;
    EXPECT_EQ(run(fleet_yaml()).jobs_by_state.at("succeeded"), 1U);
}

}  // namespace
}  // namespace trainyard
