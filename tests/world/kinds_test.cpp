// Every kind of job, from its message to its end.
#include <fstream>

#include "tests/world/kinds.hpp"

namespace trainyard {
namespace {

TEST_F(Kinds, EachKindGoesThroughSqsToItsEnd) {
    open_aws();
    prepare_accounts();
    send({}, "results");
    send(every_kind());
    const auto report = run(fleet_yaml(", results_queue: results"));
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"succeeded", 6}})) << report.message;
    std::map<std::string, std::string> outputs;
    for (const auto& m : peek("results")) {
        const auto parsed = json::document::parse(m.body);
        ASSERT_TRUE(parsed) << m.body;
        const json::value v = parsed->root();
        EXPECT_EQ(v.find("state").string(), "succeeded");
        EXPECT_EQ(v.find("attempts").integer(), 1);
        outputs[std::string{*v.find("kind").string()}] = std::string{v.find("output").string().value_or("")};
    }
    ASSERT_EQ(outputs.size(), 6U);
    EXPECT_TRUE(outputs["training"].starts_with("s3://b/o/")) << outputs["training"];
    EXPECT_EQ(outputs["transform"], "s3://b/out");
    EXPECT_NE(outputs["tuning"].find(":training-job/ty-tu-"), std::string::npos) << outputs["tuning"];
    EXPECT_NE(outputs["pipeline"].find(":pipeline/p/execution/"), std::string::npos) << outputs["pipeline"];
    EXPECT_NE(outputs["endpoint"].find(":endpoint/ty-en-"), std::string::npos) << outputs["endpoint"];
    EXPECT_EQ(messages_left(), 6U) << "the results alone";
    for (const std::string region : {"us-east-1", "us-west-2"})
        EXPECT_EQ(call("sagemaker", "SageMaker.ListEndpoints", "{}", "111111111111", region),
                  R"({"Endpoints":[]})");
}

TEST_F(Kinds, AFifoQueueCarriesThemToo) {
    open_aws();
    prepare_accounts();
    send(every_kind(), "jobs.fifo", {{"FifoQueue", "true"}});
    std::string yaml = fleet_yaml();
    yaml.replace(yaml.find("name: jobs,"), 11, "name: jobs.fifo,");
    const auto report = run(yaml);
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"succeeded", 6}})) << report.message;
}

TEST_F(Kinds, AFailingJobIsTriedAgainAndAHopelessOneEndsInTheRejectQueue) {
    aws::local::world_options options;
    options.rules_file = (directory / "rules.json").string();
    std::ofstream{options.rules_file}
        << R"([{"effect":"internal","name":"ty-flaky-*-1"},{"effect":"algorithm","text":"exit 1","name":"ty-hopeless-*"}])";
    open_aws(options);
    prepare_accounts();
    send({}, "rejected");
    send({training("flaky", R"(,"max_attempts":2)"), processing("flaky", R"(,"max_attempts":2)"),
          transform("flaky", R"(,"max_attempts":2)"), training("hopeless", R"(,"max_attempts":3)"),
          training("hopeless", R"(,"max_attempts":2,"retry_user_failures":true)"),
          pipeline("hopeless", "", "bad")});
    const auto report = run(fleet_yaml(", reject_queue: rejected"));
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"failed", 3}, {"succeeded", 3}}))
        << report.message;
    EXPECT_EQ(report.counts.creates, 10U) << "2 each of the flaky, 1, 2 where it was asked for, 1";
    std::multiset<std::string> reasons;
    for (const auto& m : peek("rejected")) {
        reasons.insert(m.attributes.at("trainyard.reason").value);
        EXPECT_TRUE(json::document::parse(m.body)->root().find("request").is_object()) << "can be sent again";
    }
    EXPECT_EQ(reasons,
              (std::multiset<std::string>{"AlgorithmError: exit 1", "attempt 2 of 2: AlgorithmError: exit 1",
                                          "Step failure: One or multiple steps failed."}));
}

TEST_F(Kinds, WithEventsAnEndIsSeenLongBeforeTheNextListing) {
    open_aws();
    prepare_accounts();
    const std::string arn = "arn:aws:sqs:us-east-1:000000000000:events";
    send(
        {}, "events",
        {{"Policy",
          R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},)"
          R"("Action":"sqs:SendMessage","Resource":")" +
              arn + R"("}]})"}});
    call("events", "AWSEvents.PutRule", R"({"Name":"r","EventPattern":"{\"source\":[\"aws.sagemaker\"]}"})");
    call("events", "AWSEvents.PutTargets", R"({"Rule":"r","Targets":[{"Id":"1","Arn":")" + arn + R"("}]})");
    const std::string here = R"(,"pools":["111111111111/us-east-1"])";
    send({training("tr", here), tuning("tu", here), processing("pr", here), transform("tf", here),
          pipeline("pi", here), endpoint_job("en", here + R"(,"lifetime_seconds":1)")});
    std::string yaml = fleet_yaml("", "events:\n  - {name: events, region: us-east-1}\n");
    const std::string often = "reconcile_seconds: 0.05";
    yaml.replace(yaml.find(often), often.size(), "reconcile_seconds: 3600");
    const auto report = run(yaml);
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"succeeded", 6}})) << report.message;
    EXPECT_GE(report.counts.hints, 6U);
}

TEST_F(Kinds, AnEndpointMayBringItsConfigurationAlong) {
    open_aws();
    prepare_accounts();
    send({endpoint_with_config("own", R"(,"lifetime_seconds":1)")});
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"succeeded", 1}})) << report.message;
    for (const std::string region : {"us-east-1", "us-west-2"}) {
        const auto left = call("sagemaker", "SageMaker.ListEndpointConfigs", "{}", "111111111111", region);
        EXPECT_EQ(json::document::parse(left)->root().find("EndpointConfigs").size(), 1U) << left;
    }
}

TEST_F(Kinds, JobsStartAfterThoseThatTheyDependOn) {
    open_aws();
    prepare_accounts();
    send({transform("last", R"(,"depends_on":["fit","tune"])"), training("fit", R"(,"depends_on":["prep"])"),
          processing("prep"), tuning("tune", R"(,"depends_on":{"always":["prep"]})"),
          processing("never", R"(,"depends_on":["bad"])"),
          processing("bad", "", "Failed: AlgorithmError: x")});
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state,
              (std::map<std::string, std::size_t>{{"cancelled", 1}, {"failed", 1}, {"succeeded", 4}}))
        << report.message;
}

TEST_F(Kinds, AJobThatWaitsTooLongExpires) {
    aws::local::world_options options;
    options.instance_limit = 0;
    open_aws(options);
    send({training("a", R"(,"max_wait_seconds":1)")});
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"expired", 1}})) << report.message;
    EXPECT_EQ(report.counts.expired, 1U);
}

}  // namespace
}  // namespace trainyard
