// Every operation over a store, checked against AWS's own model on the way in and on the way out.
#include "aws/local/sagemaker/pipelines/pipeline_operations.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "aws/local/model/validate.hpp"
#include "aws/local/sagemaker/pipelines/pipeline_answers.hpp"
#include "scripted_jobs.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::string role = R"("RoleArn":"arn:aws:iam::111122223333:role/pipelines")";

std::string token(int n) {
    return R"("ClientRequestToken":"token-)" + std::string(32, 'x') + std::to_string(n) + "\"";
}

std::string as_json(const std::string& text) {
    json::writer out;
    out.string(text);
    return out.take();
}

const std::string simple = R"({"Version":"2020-12-01","Parameters":[
    {"Name":"n","Type":"Integer","DefaultValue":1},
    {"Name":"s","Type":"String","EnumValues":["a","b"],"DefaultValue":"a"}],
    "Steps":[{"Name":"train","Type":"Training","DisplayName":"Train it","Arguments":{"N":{"Get":"Parameters.n"}}},
             {"Name":"check","Type":"Condition","DependsOn":["train"],"Arguments":{"Conditions":[
                 {"Type":"Equals","LeftValue":{"Get":"Parameters.s"},"RightValue":"a"}]}},
             {"Name":"ask","Type":"Callback","SqsQueueUrl":"http://q","Arguments":{},"DependsOn":["check"],
              "OutputParameters":[{"OutputName":"ok","OutputType":"String"}]}]})";

struct operations_fixture : testing::Test {
    scripted_jobs jobs;
    std::vector<std::string> told;
    pipeline_store store{account_id{"111122223333"}, region_name{"eu-west-1"}, 1.0, rng{3},
                         [this](const execution_record& e, const execution_event& event) {
                             if (!std::holds_alternative<execution_event::callback>(event.what))
                                 told.push_back(event_detail(e, event));
                         }};
    model::validator validator{model::sagemaker_model()};
    double now = 0;

    service_reply call(const std::string& operation, const std::string& input) {
        const auto document = json::document::parse(input);
        EXPECT_TRUE(document) << input;
        const model::operation* o = model::sagemaker_model().find(operation);
        EXPECT_TRUE(o) << operation;
        const auto wrong = validator.check(*o, document->root());
        EXPECT_FALSE(wrong) << operation << ": " << wrong->message;
        operation_call c;
        c.operation = operation;
        c.input = document->root();
        c.who.arn = "arn:aws:iam::111122223333:user/ann";
        c.now = at(now);
        store.advance(c.now, jobs);
        for (const auto& table : {pipeline_operations(), execution_operations()})
            for (const pipeline_operation& known : table)
                if (known.name == operation) {
                    service_reply r = known.answer({store, jobs}, c);
                    store.advance(c.now, jobs);
                    if (r) {
                        const auto answer = json::document::parse(*r);
                        EXPECT_TRUE(answer) << *r;
                        const auto unlike = validator.check_shape(o->output, answer->root());
                        EXPECT_FALSE(unlike) << operation << ": " << unlike->message << *r;
                    }
                    return r;
                }
        ADD_FAILURE() << "no operation " << operation;
        return std::string{};
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
        EXPECT_THAT(r.error().message, HasSubstr(part));
    }
    std::string create(const std::string& name, int t, const std::string& definition = simple) {
        return ok("CreatePipeline", R"({"PipelineName":")" + name + R"(","PipelineDefinition":)" +
                                        as_json(definition) + "," + role + "," + token(t) + "}");
    }
    std::string start(const std::string& name, int t, const std::string& more = "") {
        const auto d = json::document::parse(
            ok("StartPipelineExecution", R"({"PipelineName":")" + name + "\"," + token(t) + more + "}"));
        return std::string{d->root().find("PipelineExecutionArn").string().value_or("")};
    }
    std::string of(const std::string& arn, const std::string& more = "") {
        return R"({"PipelineExecutionArn":")" + arn + "\"" + more + "}";
    }
    std::string member(const std::string& answer, const std::string& name) {
        const auto d = json::document::parse(answer);
        return std::string{d->root().find(name).string().value_or("")};
    }
    std::string status(const std::string& arn) {
        return member(ok("DescribePipelineExecution", of(arn)), "PipelineExecutionStatus");
    }
};

TEST_F(operations_fixture, a_pipeline_lives) {
    const std::string arn = "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/p";
    EXPECT_EQ(create("p", 1), R"({"PipelineArn":")" + arn + "\"}");
    EXPECT_EQ(create("p", 1), R"({"PipelineArn":")" + arn + "\"}") << "the same token, the same answer";
    const std::string as_p =
        R"({"PipelineName":"p","PipelineDefinition":)" + as_json(simple) + "," + role + ",";
    refused("CreatePipeline", as_p + R"("PipelineDescription":"other",)" + token(1) + "}",
            "ConflictException", "Token");
    refused("CreatePipeline", as_p + token(2) + "}", "ValidationException",
            "Pipeline names must be unique within an AWS account and region. Pipeline with name (p) already "
            "exists.");
    EXPECT_EQ(member(ok("DescribePipeline", R"({"PipelineName":"p"})"), "PipelineDefinition"), simple);
    EXPECT_EQ(member(ok("DescribePipeline", R"({"PipelineName":")" + arn + "\"}"), "PipelineStatus"),
              "Active");
    now = 5;
    std::string second = simple;
    second.replace(second.find("Train it"), 8, "Train me");
    EXPECT_THAT(
        ok("UpdatePipeline",
           R"({"PipelineName":"p","PipelineDescription":"d","PipelineDefinition":)" + as_json(second) + "}"),
        HasSubstr(R"("PipelineVersionId":2)"));
    EXPECT_EQ(member(ok("DescribePipeline", R"({"PipelineName":"p"})"), "PipelineDefinition"), second);
    EXPECT_EQ(
        member(ok("DescribePipeline", R"({"PipelineName":"p","PipelineVersionId":1})"), "PipelineDefinition"),
        simple);
    refused("DescribePipeline", R"({"PipelineName":"p","PipelineVersionId":9})", "ResourceNotFound",
            "version 9");
    refused("UpdatePipeline", R"({"PipelineName":"p","PipelineDefinition":"{}"})", "ValidationException",
            "Unable to parse pipeline definition. /Version");
    EXPECT_EQ(ok("DeletePipeline", R"({"PipelineName":"p",)" + token(3) + "}"),
              R"({"PipelineArn":")" + arn + "\"}");
    EXPECT_EQ(ok("DeletePipeline", R"({"PipelineName":"p",)" + token(3) + "}"),
              R"({"PipelineArn":")" + arn + "\"}");
    refused("DescribePipeline", R"({"PipelineName":"p"})", "ResourceNotFound",
            "Pipeline '" + arn + "' does not exist.");
    refused("DeletePipeline", R"({"PipelineName":"p",)" + token(4) + "}", "ResourceNotFound",
            "does not exist");
    refused("UpdatePipeline", R"({"PipelineName":"p"})", "ResourceNotFound", "does not exist");
}

TEST_F(operations_fixture, refuses_what_it_cannot_read) {
    refused("CreatePipeline", R"({"PipelineName":"p",)" + role + "," + token(1) + "}", "ValidationException",
            "required");
    refused("CreatePipeline",
            R"({"PipelineName":"p","PipelineDefinitionS3Location":{"Bucket":"abc","ObjectKey":"k"},)" + role +
                "," + token(1) + "}",
            "ValidationException", "no S3");
}

TEST_F(operations_fixture, lists_by_name_and_time_in_pages) {
    for (int i = 0; i < 25; ++i) {
        now = i;
        create("p" + std::to_string(100 + i), i);
    }
    std::vector<std::string> seen;
    std::string next;
    do {
        const auto d = json::document::parse(
            ok("ListPipelines",
               R"({"SortBy":"Name","SortOrder":"Ascending","PipelineNamePrefix":"p1","MaxResults":10)" +
                   (next.empty() ? "" : R"(,"NextToken":")" + next + "\"") + "}"));
        for (const json::value v : d->root().find("PipelineSummaries").elements())
            seen.emplace_back(*v.find("PipelineName").string());
        next = d->root().find("NextToken").string().value_or("");
    } while (!next.empty());
    EXPECT_EQ(seen.size(), 25U);
    EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
    const auto latest = json::document::parse(ok("ListPipelines", R"({"MaxResults":1})"));
    EXPECT_EQ(latest->root().find("PipelineSummaries").at(0).find("PipelineName").string(), "p124");
    refused(
        "ListPipelines",
        R"({"SortBy":"Name","NextToken":")" + std::string{*latest->root().find("NextToken").string()} + "\"}",
        "ValidationException", "NextToken");
}

TEST_F(operations_fixture, an_execution_lives) {
    create("p", 1);
    const std::string arn = start("p", 2, R"(,"PipelineParameters":[{"Name":"n","Value":"4"}])");
    EXPECT_THAT(arn, testing::MatchesRegex(
                         "arn:aws:sagemaker:eu-west-1:111122223333:pipeline/p/execution/[a-z0-9]{12}"));
    EXPECT_EQ(start("p", 2, R"(,"PipelineParameters":[{"Name":"n","Value":"4"}])"), arn);
    refused("StartPipelineExecution", R"({"PipelineName":"p",)" + token(2) + "}", "ConflictException",
            "Token");
    EXPECT_EQ(status(arn), "Executing");
    refused("DeletePipeline", R"({"PipelineName":"p",)" + token(8) + "}", "ConflictException", "running");
    now = 10;
    const auto steps =
        json::document::parse(ok("ListPipelineExecutionSteps", of(arn, R"(,"SortOrder":"Ascending")")));
    const json::value list = steps->root().find("PipelineExecutionSteps");
    ASSERT_EQ(list.size(), 3U);
    EXPECT_EQ(list.at(0).find("StepName").string(), "train");
    EXPECT_THAT(
        std::string{list.at(0).find("Metadata").find("TrainingJob").find("Arn").string().value_or("")},
        HasSubstr("training-job/pipelines-"));
    EXPECT_EQ(list.at(1).find("Metadata").find("Condition").find("Outcome").string(), "True");
    const std::string callback{
        list.at(2).find("Metadata").find("Callback").find("CallbackToken").string().value_or("")};
    EXPECT_EQ(callback.size(), 10U);
    EXPECT_THAT(
        ok("ListPipelineParametersForExecution", of(arn)),
        testing::StrEq(R"({"PipelineParameters":[{"Name":"n","Value":"4"},{"Name":"s","Value":"a"}]})"));
    EXPECT_EQ(member(ok("DescribePipelineDefinitionForExecution", of(arn)), "PipelineDefinition"), simple);
    ok("UpdatePipelineExecution",
       of(arn, R"(,"PipelineExecutionDisplayName":"run-1","PipelineExecutionDescription":"d",)"
               R"("ParallelismConfiguration":{"MaxParallelExecutionSteps":2})"));
    EXPECT_EQ(member(ok("DescribePipelineExecution", of(arn)), "PipelineExecutionDisplayName"), "run-1");
    EXPECT_THAT(ok("ListPipelineExecutions", R"({"PipelineName":"p"})"), HasSubstr(R"("run-1")"));
    refused("SendPipelineExecutionStepSuccess", R"({"CallbackToken":"0123456789",)" + token(5) + "}",
            "ResourceNotFound", "0123456789");
    refused("SendPipelineExecutionStepSuccess",
            R"({"CallbackToken":")" + callback + R"(","OutputParameters":[{"Name":"x","Value":"1"}],)" +
                token(5) + "}",
            "ValidationException", "no output 'x'");
    ok("SendPipelineExecutionStepSuccess", R"({"CallbackToken":")" + callback +
                                               R"(","OutputParameters":[{"Name":"ok","Value":"1"}],)" +
                                               token(5) + "}");
    EXPECT_EQ(status(arn), "Succeeded");
    refused("StopPipelineExecution", of(arn, "," + token(6)), "ConflictException", "Succeeded");
    refused("RetryPipelineExecution", of(arn, "," + token(6)), "ConflictException", "Succeeded");
    EXPECT_THAT(told.front(), HasSubstr(R"("currentPipelineExecutionStatus":"Executing")"));
    EXPECT_THAT(told.front(), testing::Not(HasSubstr("previous")));
    EXPECT_THAT(told.back(), HasSubstr(R"("previousPipelineExecutionStatus":"Executing",)"
                                       R"("currentPipelineExecutionStatus":"Succeeded")"));
}

TEST_F(operations_fixture, stop_and_retry) {
    create("p", 1);
    jobs.lasts = 100;
    const std::string arn = start("p", 2);
    now = 10;
    ok("StopPipelineExecution", of(arn, "," + token(3)));
    EXPECT_EQ(status(arn), "Stopped");
    ok("StopPipelineExecution", of(arn, "," + token(3)));
    ok("RetryPipelineExecution", of(arn, "," + token(4)));
    EXPECT_EQ(status(arn), "Executing");
    now = 200;
    const auto steps =
        json::document::parse(ok("ListPipelineExecutionSteps", of(arn, R"(,"SortOrder":"Ascending")")));
    const json::value train = steps->root().find("PipelineExecutionSteps").at(0);
    EXPECT_EQ(train.find("AttemptCount").integer(), 2);
    EXPECT_EQ(train.find("StepStatus").string(), "Succeeded");
    const auto latest =
        json::document::parse(ok("ListPipelineExecutionSteps", of(arn, R"(,"MaxResults":1)")));
    const std::string callback{latest->root()
                                   .find("PipelineExecutionSteps")
                                   .at(0)
                                   .find("Metadata")
                                   .find("Callback")
                                   .find("CallbackToken")
                                   .string()
                                   .value_or("")};
    ok("SendPipelineExecutionStepFailure",
       R"({"CallbackToken":")" + callback + R"(","FailureReason":"no",)" + token(5) + "}");
    EXPECT_EQ(status(arn), "Failed");
    EXPECT_EQ(member(ok("DescribePipelineExecution", of(arn)), "FailureReason"),
              "Step failure: One or multiple steps failed.");
}

TEST_F(operations_fixture, checks_what_a_start_gives) {
    create("p", 1, R"({"Version":"2020-12-01","Parameters":[{"Name":"n","Type":"Integer"},
        {"Name":"s","Type":"String","EnumValues":["a"],"DefaultValue":"a"}],
        "Steps":[{"Name":"f","Type":"Fail","Arguments":{"ErrorMessage":"e"}}]})");
    struct row {
        const char *parameters, *reason;
    };
    const row table[] = {
        {"[]", "'n' has no default"},
        {R"([{"Name":"n","Value":"x"}])", "no Integer"},
        {R"([{"Name":"n","Value":"1"},{"Name":"n","Value":"2"}])", "twice"},
        {R"([{"Name":"n","Value":"1"},{"Name":"m","Value":"2"}])", "no parameter 'm'"},
        {R"([{"Name":"n","Value":"1"},{"Name":"s","Value":"z"}])", "EnumValues"},
    };
    for (const auto& [parameters, reason] : table)
        refused("StartPipelineExecution",
                R"({"PipelineName":"p",)" + token(2) + R"(,"PipelineParameters":)" + parameters + "}",
                "ValidationException", reason);
    refused("StartPipelineExecution", R"({"PipelineName":"q",)" + token(2) + "}", "ResourceNotFound",
            "pipeline/q");
    refused("DescribePipelineExecution",
            of("arn:aws:sagemaker:eu-west-1:111122223333:pipeline/p/execution/x"), "ResourceNotFound",
            "does not exist");
}

TEST_F(operations_fixture, limits_hold) {
    const std::string waits =
        R"({"Version":"2020-12-01","Steps":[{"Name":"c","Type":"Callback","SqsQueueUrl":"q"}]})";
    for (std::size_t i = 0; i < pipelines_max; ++i)
        create("p" + std::to_string(i), static_cast<int>(i), waits);
    refused("CreatePipeline",
            R"({"PipelineName":"one-more","PipelineDefinition":)" + as_json(waits) + "," + role + "," +
                token(9999) + "}",
            "ResourceLimitExceeded", "is 500 Pipelines");
    for (std::size_t i = 0; i < concurrent_executions_max; ++i) start("p0", static_cast<int>(10'000 + i));
    refused("StartPipelineExecution", R"({"PipelineName":"p1",)" + token(99'999) + "}",
            "ResourceLimitExceeded", "is 200 Executions");
}

TEST(token_book, forgets_the_oldest) {
    token_book book;
    const auto input = [](std::size_t n) {
        return *json::document::parse(R"({"ClientRequestToken":")" + std::to_string(n) + "\"}");
    };
    for (std::size_t i = 0; i <= tokens_max; ++i) book.record("Op", input(i).root(), "answer");
    EXPECT_FALSE(book.find("Op", input(0).root()));
    EXPECT_TRUE(book.find("Op", input(1).root()));
    EXPECT_FALSE(book.find("Other", input(1).root()));
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker::pipelines
