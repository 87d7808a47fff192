#include <algorithm>
#include <set>

#include "tests/aws/local_sagemaker/tuning_fixture.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(tuning, lists_training_jobs_in_pages_of_any_order) {
    training.fails = [](std::size_t n) { return n == 3 ? std::string{"AlgorithmError: x"} : ""; };
    tuning_text t;
    t.limits = R"("MaxNumberOfTrainingJobs":7,"MaxParallelTrainingJobs":3)";
    create(t);
    now += 1h;
    for (const char* by : {"Name", "CreationTime", "Status", "FinalObjectiveMetricValue"})
        for (const char* order : {"Ascending", "Descending"}) {
            std::vector<std::string> names;
            std::vector<double> values;
            std::string token;
            do {
                const auto page = ok("ListTrainingJobsForHyperParameterTuningJob",
                                     R"({"HyperParameterTuningJobName":"t","MaxResults":2,"SortBy":")" +
                                         std::string{by} + R"(","SortOrder":")" + order + "\"" +
                                         (token.empty() ? "" : R"(,"NextToken":")" + token + "\"") + "}");
                for (const json::value v : page.root().find("TrainingJobSummaries").elements()) {
                    names.emplace_back(*v.find("TrainingJobName").string());
                    if (const auto m =
                            v.find("FinalHyperParameterTuningJobObjectiveMetric").find("Value").number())
                        values.push_back(*m);
                }
                token = page.root().find("NextToken").string().value_or("");
            } while (!token.empty());
            const bool metric = std::string_view{by} == "FinalObjectiveMetricValue";
            EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), metric ? 6U : 7U) << by;
            EXPECT_EQ(names.size(), metric ? 6U : 7U) << by;
            if (!metric) continue;
            const bool up = std::string_view{order} == "Ascending";
            EXPECT_TRUE(up ? std::is_sorted(values.begin(), values.end())
                           : std::is_sorted(values.rbegin(), values.rend()));
        }
    EXPECT_THAT(refusal("ListTrainingJobsForHyperParameterTuningJob",
                        R"({"HyperParameterTuningJobName":"t","NextToken":"dDEtYQ=="})"),
                HasSubstr("The NextToken is not one that this listing gave."));
}

TEST_F(tuning, lists_tuning_jobs_by_name_first) {
    for (const char* name : {"b", "c", "a"}) {
        tuning_text t;
        t.name = name;
        create(t);
        now += 1s;
    }
    const auto names = [&](const std::string& input) {
        std::vector<std::string> out;
        const auto page = ok("ListHyperParameterTuningJobs", input);
        for (const json::value v : page.root().find("HyperParameterTuningJobSummaries").elements())
            out.emplace_back(*v.find("HyperParameterTuningJobName").string());
        return out;
    };
    EXPECT_THAT(names("{}"), ElementsAre("a", "b", "c"));
    EXPECT_THAT(names(R"({"SortBy":"CreationTime","SortOrder":"Descending"})"), ElementsAre("a", "c", "b"));
    EXPECT_THAT(names(R"({"NameContains":"b"})"), ElementsAre("b"));
    EXPECT_THAT(names(R"({"StatusEquals":"Completed"})"), testing::IsEmpty());
}

TEST_F(tuning, tells_each_status_once) {
    create({});
    std::vector<state_change> told;
    service.take_events(now, told);
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].detail_type, "SageMaker HyperParameter Tuning Job State Change");
    EXPECT_EQ(told[0].resource_arn, "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t");
    EXPECT_EQ(service.next_event_time(), noon + 10s);
    service.take_events(noon + 1h, told);
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[1].when, noon + 20s);
    const auto detail = json::document::parse(told[1].detail);
    EXPECT_EQ(detail->root().find("HyperParameterTuningJobStatus").string(), "Completed");
    EXPECT_EQ(detail->root().find("HyperParameterTuningEndTime").integer(), to_unix_millis(noon + 20s));
    EXPECT_EQ(detail->root().find("Tags").find("k").string(), "v");
    EXPECT_EQ(service.next_event_time(), std::nullopt);
}

TEST_F(tuning, the_same_request_is_tuned_alike_in_every_run) {
    create({});
    now += 1h;
    scripted_training again;
    tuning_service other{again, quotas, {}};
    operation_table other_table;
    other.add_operations(other_table);
    const auto read = json::document::parse(tuning_text{}.text());
    ASSERT_TRUE(other_table.handle(
        {"CreateHyperParameterTuningJob", read->root(), {account, "", ""}, region, "", noon}));
    service.advance(now);
    other.advance(now);
    EXPECT_EQ(again.order, training.order);
    for (const auto& [name, j] : training.jobs) EXPECT_EQ(again.jobs.at(name).request, j.request);
}

TEST_F(tuning, tags_belong_to_the_caller) {
    create({});
    const auto none = json::document::parse("{}");
    operation_call c{"ListTags", none->root(), {account, "", ""}, region, "", now};
    const std::string arn = "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t";
    ASSERT_NE(service.tags(c, arn), nullptr);
    EXPECT_EQ(service.tags(c, arn)->at("k"), "v");
    EXPECT_EQ(service.tags(c, arn + "x"), nullptr);
    c.who.account = account_id{"444455556666"};
    EXPECT_EQ(service.tags(c, arn), nullptr);
    EXPECT_EQ(service.records(account, region, now).size(), 1U);
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
