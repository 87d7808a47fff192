// What goes wrong between Trainyard and AWS, for every kind of job.
#include <fstream>

#include "tests/world/kinds.hpp"

namespace trainyard {
namespace {

class Faults : public Kinds {
protected:
    // The first calls of each operation that starts something, and what befalls them.
    void open_with_creates(const std::string& effect, int first) {
        std::string rules;
        for (const char* operation :
             {"CreateTrainingJob", "CreateHyperParameterTuningJob", "CreateProcessingJob",
              "CreateTransformJob", "StartPipelineExecution", "CreateEndpoint"})
            rules += fmt::format(R"({}{{"service":"sagemaker","operation":"{}","first":{},"effect":"{}"}})",
                                 rules.empty() ? "" : ",", operation, first, effect);
        open_with_faults("[" + rules + "]");
    }
    void open_with_faults(const std::string& rules) {
        aws::local::world_options options;
        options.faults_file = (directory / "faults.json").string();
        std::ofstream{options.faults_file} << rules;
        open_aws(options);
        prepare_accounts();
    }
    // How many of them SageMaker has, over both regions.
    std::size_t count(const std::string& operation, const std::string& member, const std::string& more = "") {
        std::size_t n = 0;
        for (const std::string region : {"us-east-1", "us-west-2"}) {
            const auto answer =
                call("sagemaker", "SageMaker." + operation, "{" + more + "}", "111111111111", region);
            const auto parsed = json::document::parse(answer);
            EXPECT_TRUE(parsed) << answer;
            n += parsed->root().find(member).size();
        }
        return n;
    }
    void expect_one_of_each() {
        EXPECT_EQ(
            count("ListTrainingJobs", "TrainingJobSummaries", R"("NameContains":"ty-tr-","MaxResults":100)"),
            1U);
        EXPECT_EQ(count("ListHyperParameterTuningJobs", "HyperParameterTuningJobSummaries"), 1U);
        EXPECT_EQ(count("ListProcessingJobs", "ProcessingJobSummaries"), 1U);
        EXPECT_EQ(count("ListTransformJobs", "TransformJobSummaries"), 1U);
        EXPECT_EQ(count("ListPipelineExecutions", "PipelineExecutionSummaries", R"("PipelineName":"p")"), 1U);
        EXPECT_EQ(count("ListEndpoints", "Endpoints"), 0U);
    }
};

const std::map<std::string, std::size_t> all_succeeded{{"succeeded", 6}};

TEST_F(Faults, AnAnswerThatIsLostAfterItsEffectStartsNothingTwice) {
    open_with_creates("answer_lost", 1);
    send(every_kind());
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state, all_succeeded) << report.message;
    EXPECT_EQ(report.counts.unknown_creates, 6U);
    EXPECT_EQ(report.counts.adopted, 6U);
    expect_one_of_each();
}

TEST_F(Faults, ACreateThatNeverArrivedIsSentAgainUnderItsName) {
    open_with_creates("closed", 1);
    send(every_kind());
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state, all_succeeded) << report.message;
    EXPECT_GT(report.counts.unknown_creates, 0U) << "on a new connection it is known that nothing was sent";
    EXPECT_EQ(report.counts.creates, 6U + report.counts.throttled) << "no attempt twice";
    expect_one_of_each();
}

TEST_F(Faults, ThrottledStartsWaitAndCostNoAttempt) {
    open_with_creates("throttle", 2);
    send(every_kind());
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state, all_succeeded) << report.message;
    EXPECT_EQ(report.counts.throttled, 12U);
    expect_one_of_each();
}

TEST_F(Faults, LostDeletesBringMessagesBackAndNoSecondJob) {
    open_with_faults(R"([{"service":"sqs","operation":"DeleteMessage*","first":12,"effect":"closed"}])");
    send(every_kind(), "jobs", {{"VisibilityTimeout", "1"}});
    const auto report = run(fleet_yaml());
    EXPECT_EQ(report.jobs_by_state, all_succeeded) << report.message;
    EXPECT_EQ(report.counts.accepted, 6U);
    EXPECT_GT(report.counts.duplicates, 0U);
    EXPECT_EQ(messages_left(), 0U);
    expect_one_of_each();
}

TEST_F(Faults, ListsThatFailNowAndThenOnlyCostTime) {
    open_with_faults(
        R"([{"service":"sagemaker","operation":"List*","probability":0.3,"effect":"internal_failure"},)"
        R"({"service":"sagemaker","operation":"Describe*","probability":0.3,"seed":2,"effect":"throttle"}])");
    send(every_kind());
    std::string yaml = fleet_yaml();
    const auto report = run(yaml);
    EXPECT_EQ(report.jobs_by_state, all_succeeded) << report.message;
}

}  // namespace
}  // namespace trainyard
