#include "aws/local/sagemaker/pipelines/execution.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scripted_jobs.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct execution_fixture : testing::Test {
    scripted_jobs jobs;
    std::vector<execution_event> events;
    event_sink sink = [this](const execution_event& e) { events.push_back(e); };

    execution make(const std::string& steps, std::map<std::string, std::string> parameters = {},
                   std::optional<std::size_t> parallel = std::nullopt, double scale = 1) {
        auto d = parse_definition(
            R"({"Version":"2020-12-01","Parameters":[{"Name":"n","Type":"Integer"}],"Steps":)" + steps + "}");
        EXPECT_TRUE(d) << d.error().message;
        execution_setup setup{
            "p",      "arn:p", "abcdefghijkl", "arn:p/execution/abcdefghijkl", std::move(parameters),
            parallel, scale};
        return {std::make_shared<const definition>(*std::move(d)), std::move(setup), rng{7}, epoch};
    }
    static const step_run& run(const execution& e, const char* name) { return e.steps()[*e.of().step(name)]; }
    void advance(execution& e, double seconds) { e.advance(at(seconds), jobs, sink); }
};

TEST_F(execution_fixture, runs_in_order_with_resolved_requests) {
    execution e = make(R"([
        {"Name":"train","Type":"Training","Arguments":{"TrainingJobName":"ignored",
            "In":{"Get":"Steps.prep.Output"},"N":{"Get":"Parameters.n"},"Who":{"Get":"Execution.PipelineExecutionId"}}},
        {"Name":"prep","Type":"Processing","Arguments":{}}])",
                       {{"n", "3"}});
    jobs.lasts = 10;
    advance(e, 0);
    EXPECT_EQ(run(e, "prep").status, step_status::starting);
    EXPECT_EQ(run(e, "train").status, step_status::waiting);
    advance(e, 1);
    EXPECT_EQ(run(e, "prep").status, step_status::executing);
    // In one stride, and yet everything at its own time.
    advance(e, 1000);
    EXPECT_EQ(e.status(), execution_status::succeeded);
    EXPECT_EQ(run(e, "prep").end, at(11));
    EXPECT_EQ(run(e, "train").start, at(11));
    EXPECT_EQ(run(e, "train").end, at(22));
    EXPECT_EQ(e.last_modified(), at(22));
    EXPECT_FALSE(e.next());
    const auto request = json::document::parse(jobs.requests.at(run(e, "train").job));
    ASSERT_TRUE(request);
    const std::string name = run(e, "train").job;
    EXPECT_THAT(name, testing::MatchesRegex("pipelines-abcdefghijkl-train-[a-zA-Z0-9]{10}"));
    EXPECT_EQ(json::to_text(request->root()), R"({"TrainingJobName":")" + name + R"(","In":"output of )" +
                                                  run(e, "prep").job + R"(","N":3,"Who":"abcdefghijkl"})");
}

TEST_F(execution_fixture, scale_divides_its_own_times) {
    execution e =
        make(R"([{"Name":"f","Type":"Lambda","FunctionArn":"a","Arguments":{"trainyard-local-seconds":8}}])",
             {}, std::nullopt, 10);
    advance(e, 100);
    EXPECT_EQ(run(e, "f").end, at(0.9));
}

TEST_F(execution_fixture, failure_lets_running_steps_end_and_starts_none) {
    execution e = make(R"([{"Name":"bad","Type":"Training","Arguments":{}},
                           {"Name":"long","Type":"Processing","Arguments":{}},
                           {"Name":"after","Type":"Model","Arguments":{},"DependsOn":["long"]}])");
    jobs.fails["bad"] = {"AlgorithmError: exit code 1"};
    jobs.lasts = 5;
    advance(e, 3);
    EXPECT_EQ(e.status(), execution_status::executing);
    advance(e, 100);
    EXPECT_EQ(e.status(), execution_status::failed);
    EXPECT_EQ(e.failure_reason(), "Step failure: One or multiple steps failed.");
    EXPECT_EQ(run(e, "bad").failure_reason, "ClientError: AlgorithmError: exit code 1");
    EXPECT_EQ(run(e, "long").status, step_status::succeeded);
    EXPECT_EQ(run(e, "after").status, step_status::waiting);
    ASSERT_TRUE(e.retry(at(100), sink));
    jobs.fails.clear();
    advance(e, 200);
    EXPECT_EQ(e.status(), execution_status::succeeded);
    EXPECT_EQ(e.failure_reason(), "");
    EXPECT_EQ(run(e, "bad").attempts, 2);
    EXPECT_EQ(run(e, "long").attempts, 1) << "what succeeded is not done again";
    EXPECT_FALSE(e.retry(at(200), sink));
}

TEST_F(execution_fixture, condition_takes_one_branch_and_what_needs_the_other_is_passed_over) {
    execution e = make(R"([
        {"Name":"late","Type":"Model","Arguments":{"X":{"Get":"Steps.no.Output"}}},
        {"Name":"check","Type":"Condition","Arguments":{
            "Conditions":[{"Type":"GreaterThan","LeftValue":{"Get":"Parameters.n"},"RightValue":1.5},
                          {"Type":"Not","Expression":{"Type":"In","QueryValue":"a","Values":["b","c"]}}],
            "IfSteps":[{"Name":"yes","Type":"Model","Arguments":{}}],
            "ElseSteps":[{"Name":"no","Type":"Model","Arguments":{}},
                         {"Name":"inner","Type":"Condition","Arguments":{
                             "Conditions":[{"Type":"Equals","LeftValue":1,"RightValue":1}],
                             "IfSteps":[{"Name":"deep","Type":"Model","Arguments":{}}]}}]}}])",
                       {{"n", "2"}});
    advance(e, 100);
    EXPECT_EQ(e.status(), execution_status::succeeded);
    EXPECT_EQ(run(e, "check").outcome, true);
    EXPECT_EQ(run(e, "yes").status, step_status::succeeded);
    for (const char* passed : {"no", "late", "inner", "deep"})
        EXPECT_EQ(run(e, passed).status, step_status::skipped) << passed;
}

TEST_F(execution_fixture, condition_over_values_of_two_kinds_fails) {
    execution e = make(R"([{"Name":"c","Type":"Condition","Arguments":{
        "Conditions":[{"Type":"Equals","LeftValue":{"Get":"Parameters.n"},"RightValue":"2"}]}}])",
                       {{"n", "2"}});
    advance(e, 100);
    EXPECT_EQ(run(e, "c").status, step_status::failed);
    EXPECT_THAT(run(e, "c").failure_reason, HasSubstr("compares number with string"));
}

TEST_F(execution_fixture, condition_reads_a_property_file) {
    execution e = make(R"([
        {"Name":"eval","Type":"Processing","Arguments":
         {"Environment":{"TRAINYARD_LOCAL_FILE_my_metrics":"{\"mse\":0.5}"}},
         "PropertyFiles":[{"PropertyFileName":"my-metrics","OutputName":"o","FilePath":"m.json"}]},
        {"Name":"c","Type":"Condition","Arguments":{"Conditions":[{"Type":"LessThanOrEqualTo",
            "LeftValue":{"Std:JsonGet":{"PropertyFile":{"Get":"Steps.eval.PropertyFiles.my-metrics"},"Path":"mse"}},
            "RightValue":0.5}]}}])");
    advance(e, 100);
    EXPECT_EQ(e.status(), execution_status::succeeded) << run(e, "c").failure_reason;
    EXPECT_EQ(run(e, "c").outcome, true);
}

TEST_F(execution_fixture, fail_step_tells_its_message) {
    execution e = make(R"([{"Name":"f","Type":"Fail","Arguments":{"ErrorMessage":
        {"Std:Join":{"On":" ","Values":["n is",{"Get":"Parameters.n"}]}}}}])",
                       {{"n", "9"}});
    advance(e, 100);
    EXPECT_EQ(e.status(), execution_status::failed);
    EXPECT_EQ(run(e, "f").failure_reason, "n is 9");
}

TEST_F(execution_fixture, parameter_without_value_fails_the_step) {
    execution e = make(R"([{"Name":"f","Type":"Fail","Arguments":{"ErrorMessage":{"Get":"Parameters.n"}}}])");
    advance(e, 100);
    EXPECT_EQ(run(e, "f").failure_reason, "ClientError: parameter 'n' has no value");
}

TEST_F(execution_fixture, retry_policy_waits_longer_each_time_and_gives_up) {
    execution e = make(R"([{"Name":"t","Type":"Training","Arguments":{},"RetryPolicies":[
        {"ExceptionType":["SageMaker.CAPACITY_ERROR"],"IntervalSeconds":10,"BackoffRate":3,"MaxAttempts":2}]}])");
    jobs.lasts = 1;
    jobs.fails["t"] = {"CapacityError: none", "CapacityError: none", "CapacityError: none"};
    advance(e, 1000);
    EXPECT_EQ(run(e, "t").attempts, 3);
    // 1 s to start, three tries of 1 s, waits of 10 s and 30 s.
    EXPECT_EQ(run(e, "t").end, at(1 + 1 + 10 + 1 + 30 + 1));
    EXPECT_EQ(e.status(), execution_status::failed);
}

TEST_F(execution_fixture, retry_policy_is_for_its_own_errors) {
    execution e = make(R"([{"Name":"t","Type":"Training","Arguments":{},"RetryPolicies":[
        {"ExceptionType":["SageMaker.RESOURCE_LIMIT"],"IntervalSeconds":10}]}])");
    jobs.refuses["t"] = {{400, "ResourceLimitExceeded", "", "full", true},
                         {400, "ValidationException", "", "no", true}};
    advance(e, 1000);
    EXPECT_EQ(run(e, "t").attempts, 2);
    EXPECT_EQ(run(e, "t").failure_reason, "ValidationException: no");
    EXPECT_EQ(run(e, "t").end, at(11));
}

TEST_F(execution_fixture, stop_ends_jobs_and_waits_for_lambdas) {
    execution e = make(R"([{"Name":"t","Type":"Training","Arguments":{}},
        {"Name":"f","Type":"Lambda","FunctionArn":"a","Arguments":{"trainyard-local-seconds":60}},
        {"Name":"after","Type":"Model","Arguments":{},"DependsOn":["t"]}])");
    jobs.lasts = 500;
    jobs.stops_in = 2;
    advance(e, 10);
    ASSERT_TRUE(e.stop(at(10), jobs, sink));
    EXPECT_FALSE(e.stop(at(10), jobs, sink));
    EXPECT_EQ(e.status(), execution_status::stopping);
    EXPECT_EQ(run(e, "t").status, step_status::stopping);
    advance(e, 12);
    EXPECT_EQ(run(e, "t").status, step_status::stopped);
    EXPECT_EQ(e.status(), execution_status::stopping);
    advance(e, 100);
    EXPECT_EQ(e.status(), execution_status::stopped);
    EXPECT_EQ(e.last_modified(), at(61));
    EXPECT_EQ(run(e, "f").status, step_status::succeeded);
    EXPECT_EQ(run(e, "after").status, step_status::waiting);
}

TEST_F(execution_fixture, lambda_that_times_out_fails_a_stopping_execution) {
    execution e = make(
        R"([{"Name":"f","Type":"Lambda","FunctionArn":"a","Arguments":{"trainyard-local-seconds":9999}}])");
    advance(e, 10);
    ASSERT_TRUE(e.stop(at(10), jobs, sink));
    advance(e, 10'000);
    EXPECT_EQ(run(e, "f").end, at(601));
    EXPECT_EQ(e.status(), execution_status::failed);
}

TEST_F(execution_fixture, lambda_returns_declared_outputs) {
    execution e = make(R"([{"Name":"f","Type":"Lambda","FunctionArn":"a",
        "OutputParameters":[{"OutputName":"i","OutputType":"Integer"},{"OutputName":"s","OutputType":"String"}],
        "Arguments":{"trainyard-local-outputs":{"i":4,"other":1}}},
        {"Name":"m","Type":"Model","Arguments":{"A":{"Get":"Steps.f.OutputParameters['i']"},
                                                "B":{"Get":"Steps.f.OutputParameters.s"}}}])");
    advance(e, 100);
    ASSERT_EQ(e.status(), execution_status::succeeded);
    EXPECT_THAT(jobs.requests.at(run(e, "m").job), HasSubstr(R"("A":4,"B":"")"));
}

TEST_F(execution_fixture, callback_waits_for_its_answer) {
    execution e = make(
        R"([{"Name":"c","Type":"Callback","SqsQueueUrl":"http://q","Arguments":{"n":{"Get":"Parameters.n"}},
        "OutputParameters":[{"OutputName":"ok","OutputType":"Boolean"}]},
        {"Name":"m","Type":"Model","Arguments":{"A":{"Get":"Steps.c.OutputParameters['ok']"}}}])",
        {{"n", "5"}});
    advance(e, 3600);
    const std::string token = run(e, "c").callback_token;
    EXPECT_EQ(token.size(), callback_token_length);
    const auto* message = std::get_if<execution_event::callback>(&events.back().what);
    ASSERT_TRUE(message);
    EXPECT_EQ(message->body,
              R"({"token":")" + token +
                  R"(","pipelineExecutionArn":"arn:p/execution/abcdefghijkl","arguments":{"n":5},)"
                  R"("status":"Executing"})");
    EXPECT_FALSE(e.step_of_token("0123456789"));
    const auto step = e.step_of_token(token);
    ASSERT_TRUE(step);
    EXPECT_TRUE(e.refuse_outputs(*step, {{"ok", "maybe"}}));
    EXPECT_TRUE(e.refuse_outputs(*step, {{"other", "true"}}));
    EXPECT_FALSE(e.refuse_outputs(*step, {{"ok", "true"}}));
    e.succeed(*step, {{"ok", "true"}}, at(3601), sink);
    EXPECT_FALSE(e.step_of_token(token));
    advance(e, 3700);
    EXPECT_EQ(e.status(), execution_status::succeeded);
    EXPECT_THAT(jobs.requests.at(run(e, "m").job), HasSubstr(R"("A":true)"));
}

TEST_F(execution_fixture, callback_without_answer_fails_after_a_week) {
    execution e = make(R"([{"Name":"c","Type":"Callback","SqsQueueUrl":"http://q"}])");
    advance(e, 1e7);
    EXPECT_EQ(run(e, "c").end, at(1 + 7 * 24 * 3600));
    EXPECT_EQ(e.status(), execution_status::failed);
}

TEST_F(execution_fixture, a_job_stopped_by_others_stops_the_execution) {
    execution e = make(R"([{"Name":"t","Type":"Training","Arguments":{}}])");
    jobs.lasts = 500;
    advance(e, 10);
    jobs.stop(step_type::training, run(e, "t").job, at(10));
    e.look_again(at(20));
    advance(e, 20);
    EXPECT_EQ(e.status(), execution_status::stopped);
}

TEST_F(execution_fixture, tells_each_change_once) {
    execution e = make(R"([{"Name":"t","Type":"Training","Arguments":{}}])");
    advance(e, 100);
    std::vector<std::string> told;
    for (const execution_event& event : events) {
        if (const auto* s = std::get_if<execution_event::step_changed>(&event.what))
            told.push_back(std::string{to_string(s->from)} + ">" + std::string{to_string(s->to)});
        if (const auto* x = std::get_if<execution_event::execution_changed>(&event.what))
            told.push_back(std::string{to_string(*x->from)} + ">>" + std::string{to_string(x->to)});
    }
    EXPECT_THAT(
        told, ElementsAre(">Starting", "Starting>Executing", "Executing>Succeeded", "Executing>>Succeeded"));
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker::pipelines
