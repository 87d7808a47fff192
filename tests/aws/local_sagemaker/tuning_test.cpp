#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "aws/local/sagemaker/tuning/tuning_service.hpp"
#include "tests/aws/local_sagemaker/scripted_training.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

const account_id account{"111122223333"};
const region_name region{"eu-west-1"};
const wall_time noon = *parse_iso8601("2026-01-01T12:00:00Z");

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

TEST_F(tuning, starts_at_most_so_many_at_once_and_so_many_in_all) {
    create({});
    EXPECT_EQ(training.order.size(), 2U);
    EXPECT_EQ(counter("InProgress"), 2);
    for (wall_time t = noon; t < noon + 30s; t += 500ms) {
        now = t;
        service.advance(now);
        EXPECT_LE(training.running(now), 2U);
    }
    EXPECT_EQ(training.order.size(), 4U);
    EXPECT_EQ(status(), "Completed");
    EXPECT_EQ(counter("Completed"), 4);
    // The next one starts in the moment in which one has ended.
    EXPECT_EQ(training.jobs.at(training.order[2]).created, noon + 10s);
}

TEST_F(tuning, times_are_right_however_late_someone_looks) {
    create({});
    now = noon + 1h;
    const auto seen = describe();
    EXPECT_EQ(*seen.root().find("HyperParameterTuningEndTime").number(), to_unix_seconds(noon + 20s));
    EXPECT_EQ(*seen.root().find("LastModifiedTime").number(), to_unix_seconds(noon + 20s));
    EXPECT_EQ(*seen.root().find("ConsumedResources").find("RuntimeInSeconds").integer(), 40);
}

TEST_F(tuning, children_are_made_of_the_definition) {
    create({});
    const auto& child = training.jobs.at(training.order[0]);
    EXPECT_THAT(training.order[0], testing::MatchesRegex("t-001-[0-9a-f]{8}"));
    EXPECT_EQ(child.tuning_job_arn, "arn:aws:sagemaker:eu-west-1:111122223333:hyper-parameter-tuning-job/t");
    const auto request = json::document::parse(child.request);
    const json::value parameters = request->root().find("HyperParameters");
    EXPECT_EQ(parameters.find("epochs").string(), "3");
    EXPECT_EQ(parameters.find("_tuning_objective_metric").string(), "loss");
    const double lr = std::stod(std::string{*parameters.find("lr").string()});
    EXPECT_TRUE(lr >= 0.001 && lr <= 0.1);
    EXPECT_EQ(request->root().find("ResourceConfig").find("InstanceCount").integer(), 2);
    EXPECT_EQ(request->root().find("Tags").at(0).find("Key").string(), "k");
    model::validator checks{model::sagemaker_model()};
    const auto wrong = checks.check(*model::sagemaker_model().find("CreateTrainingJob"), request->root());
    EXPECT_FALSE(wrong) << wrong->message;
}

TEST_F(tuning, the_best_training_job_has_the_best_metric) {
    for (const std::string objective : {"Minimize", "Maximize"}) {
        tuning_text t;
        t.name = objective;
        t.objective = objective;
        create(t);
        now += 1h;
        const auto seen = describe(objective);
        std::vector<double> all;
        for (const auto& [name, j] : training.jobs)
            if (name.starts_with(objective)) all.push_back(j.metrics.at(0).value);
        const json::value best = seen.root().find("BestTrainingJob");
        const double told = *best.find("FinalHyperParameterTuningJobObjectiveMetric").find("Value").number();
        EXPECT_EQ(told, objective == "Minimize" ? *std::min_element(all.begin(), all.end())
                                                : *std::max_element(all.begin(), all.end()));
        EXPECT_EQ(training.jobs.at(std::string{*best.find("TrainingJobName").string()}).metrics.at(0).value,
                  told);
    }
}

TEST_F(tuning, gives_up_when_five_have_failed_and_none_has_succeeded) {
    training.fails = [](std::size_t) { return std::string{"AlgorithmError: x"}; };
    tuning_text t;
    t.limits = R"("MaxNumberOfTrainingJobs":20,"MaxParallelTrainingJobs":1)";
    create(t);
    now += 1h;
    EXPECT_EQ(status(), "Failed");
    EXPECT_EQ(training.order.size(), 5U);
    EXPECT_EQ(counter("NonRetryableError"), 5);
    EXPECT_EQ(
        describe().root().find("FailureReason").string(),
        "No training job succeeded after 5 attempts. Please take a look at the training job failures to get "
        "more details.");
}

TEST_F(tuning, one_success_is_enough) {
    training.fails = [](std::size_t n) { return n == 2 ? "" : std::string{"InternalServerError: x"}; };
    tuning_text t;
    t.limits = R"("MaxNumberOfTrainingJobs":8,"MaxParallelTrainingJobs":1)";
    create(t);
    now += 1h;
    EXPECT_EQ(status(), "Completed");
    EXPECT_EQ(counter("RetryableError"), 7);
    EXPECT_EQ(*describe().root().find("ObjectiveStatusCounters").find("Failed").integer(), 7);
}

TEST_F(tuning, a_stop_stops_the_training_jobs_and_waits_for_them) {
    create({});
    now += 3s;
    ok("StopHyperParameterTuningJob", named("t"));
    EXPECT_EQ(status(), "Stopping");
    EXPECT_THAT(refusal("StopHyperParameterTuningJob", named("t")), HasSubstr("in status Stopping"));
    EXPECT_THAT(refusal("DeleteHyperParameterTuningJob", named("t")), HasSubstr("in status Stopping"));
    now += 1s;
    EXPECT_EQ(status(), "Stopped");
    EXPECT_EQ(counter("Stopped"), 2);
    EXPECT_EQ(training.order.size(), 2U);
    ok("DeleteHyperParameterTuningJob", named("t"));
    EXPECT_EQ(refusal("DescribeHyperParameterTuningJob", named("t")),
              "ResourceNotFound: Amazon SageMaker can't find a tuning job called t. Type another name.");
    create({});
}

TEST_F(tuning, a_training_job_stopped_by_hand_makes_room) {
    create({});
    now += 3s;
    ASSERT_TRUE(training.stop(account, region, training.order[0], now));
    service.look_again(account, region, now);
    now += 1s;
    EXPECT_EQ(counter("Stopped"), 1);
    EXPECT_EQ(training.order.size(), 3U);
    EXPECT_EQ(training.jobs.at(training.order[2]).created, noon + 4s);
}

TEST_F(tuning, the_runtime_limit_stops_it) {
    training.takes = [](std::size_t) { return duration{100s}; };
    tuning_text t;
    t.limits = R"("MaxParallelTrainingJobs":1,"MaxRuntimeInSeconds":250)";
    create(t);
    now = noon + 250s;
    EXPECT_EQ(status(), "Stopping");
    now += 1s;
    EXPECT_EQ(status(), "Stopped");
    EXPECT_EQ(counter("Completed"), 2);
    EXPECT_EQ(counter("Stopped"), 1);
}

TEST_F(tuning, ends_early_once_the_target_is_reached) {
    tuning_text t;
    t.limits = R"("MaxNumberOfTrainingJobs":100,"MaxParallelTrainingJobs":2)";
    t.config = R"(,"TuningJobCompletionCriteria":{"TargetObjectiveMetricValue":0.6})";
    create(t);
    now += 1h;
    EXPECT_EQ(status(), "Completed");
    EXPECT_LT(training.order.size(), 100U);
    double best = 1;
    for (const auto& [name, j] : training.jobs)
        if (!j.stopped) best = std::min(best, j.metrics.at(0).value);
    EXPECT_LE(best, 0.6);
}

TEST_F(tuning, ends_early_when_nothing_improves) {
    tuning_text t;
    t.limits = R"("MaxNumberOfTrainingJobs":400,"MaxParallelTrainingJobs":1)";
    t.config =
        R"(,"TuningJobCompletionCriteria":{"BestObjectiveNotImproving":{"MaxNumberOfTrainingJobsNotImproving":6}})";
    create(t);
    now += 10h;
    EXPECT_EQ(status(), "Completed");
    EXPECT_LT(training.order.size(), 400U);
    EXPECT_EQ(*describe()
                   .root()
                   .find("TuningJobCompletionDetails")
                   .find("NumberOfTrainingJobsObjectiveNotImproving")
                   .integer(),
              6);
}

TEST_F(tuning, early_stopping_stops_the_worse_half_way) {
    for (const auto& [strategy, config] :
         {std::pair{"Random", R"(,"TrainingJobEarlyStoppingType":"Auto")"}, std::pair{"Hyperband", ""}}) {
        tuning_text t;
        t.name = strategy;
        t.strategy = strategy;
        t.config = config;
        t.limits = R"("MaxNumberOfTrainingJobs":30,"MaxParallelTrainingJobs":1)";
        create(t);
        now += 10h;
        EXPECT_EQ(status(strategy), "Completed");
        EXPECT_GT(counter("Stopped", strategy), 3);
        EXPECT_GT(counter("Completed", strategy), 3);
        EXPECT_EQ(counter("Completed", strategy) + counter("Stopped", strategy), 30);
        for (const auto& [name, j] : training.jobs) {
            if (!j.stopped) continue;
            EXPECT_EQ(j.end - j.created, 6s) << name;
        }
    }
}

TEST_F(tuning, waits_for_quota_and_goes_on) {
    bool full = false;
    training.refuses = [&](std::size_t) {
        return full ? std::optional{of_type("ResourceLimitExceeded", "full")} : std::nullopt;
    };
    create({});
    full = true;
    now = noon + 60s;
    EXPECT_EQ(status(), "InProgress");
    EXPECT_EQ(training.order.size(), 2U);
    full = false;
    now = noon + 1h;
    EXPECT_EQ(status(), "Completed");
    EXPECT_EQ(training.jobs.at(training.order[2]).created, noon + 70s);
}

TEST_F(tuning, is_refused_when_the_first_training_jobs_do_not_fit) {
    quotas = quota_book{3, {}};
    EXPECT_EQ(
        refusal("CreateHyperParameterTuningJob", tuning_text{}.text()),
        "ResourceLimitExceeded: The account-level service limit 'ml.m5.large for training job usage' is 3 "
        "Instances, with current utilization of 0 Instances and a request delta of 4 Instances. Please use "
        "AWS "
        "Service Quotas to request an increase for this quota.");
    EXPECT_TRUE(training.order.empty());
    tuning_text t;
    t.limits = R"("MaxNumberOfTrainingJobs":4,"MaxParallelTrainingJobs":1)";
    create(t);
}

TEST_F(tuning, fails_with_the_reason_for_which_a_training_job_is_refused) {
    training.refuses = [](std::size_t n) {
        return n == 1 ? std::optional{of_type("ValidationException", "no such subnet")} : std::nullopt;
    };
    create({});
    EXPECT_EQ(status(), "InProgress");
    now += 1h;
    EXPECT_EQ(status(), "Failed");
    EXPECT_EQ(describe().root().find("FailureReason").string(), "no such subnet");
    EXPECT_EQ(training.order.size(), 1U);
}

TEST_F(tuning, a_name_is_given_once) {
    create({});
    EXPECT_EQ(refusal("CreateHyperParameterTuningJob", tuning_text{}.text()),
              "ResourceInUse: A hyperparameter tuning job with the name, t, already exists. Choose a "
              "different name.");
}

TEST_F(tuning, the_grid_is_tried_whole) {
    tuning_text t;
    t.strategy = "Grid";
    t.ranges =
        R"("CategoricalParameterRanges":[{"Name":"a","Values":["1","2","3"]},{"Name":"b","Values":["x","y"]}])";
    t.limits = R"("MaxParallelTrainingJobs":3)";
    create(t);
    now += 1h;
    EXPECT_EQ(counter("Completed"), 6);
    std::set<std::string> seen;
    for (const auto& [name, j] : training.jobs) {
        const auto request = json::document::parse(j.request);
        seen.insert(std::string{*request->root().find("HyperParameters").find("a").string()} +
                    std::string{*request->root().find("HyperParameters").find("b").string()});
    }
    EXPECT_THAT(seen, ElementsAre("1x", "1y", "2x", "2y", "3x", "3y"));
}

TEST_F(tuning, requests_that_make_no_sense) {
    struct row {
        const char* said;
        tuning_text text;
    };
    tuning_text grid;
    grid.strategy = "Grid";
    tuning_text no_end;
    no_end.limits = R"("MaxParallelTrainingJobs":2)";
    tuning_text hyperband;
    hyperband.strategy = "Hyperband";
    hyperband.config = R"(,"TrainingJobEarlyStoppingType":"Auto")";
    tuning_text both;
    both.ranges = R"("IntegerParameterRanges":[{"Name":"epochs","MinValue":"1","MaxValue":"3"}])";
    tuning_text none;
    none.ranges = "";
    tuning_text parent;
    parent.more =
        R"(,"WarmStartConfig":{"ParentHyperParameterTuningJobs":[{"HyperParameterTuningJobName":"gone"}],)"
        R"("WarmStartType":"TransferLearning"})";
    tuning_text two;
    two.more = R"(,"TrainingJobDefinitions":[)" + two.definition("") + "]";
    tuning_text endless;
    endless.limits = R"("MaxNumberOfTrainingJobs":10001,"MaxParallelTrainingJobs":2)";
    for (const row& r :
         {row{"takes categorical hyperparameters only", grid},
          row{"MaxRuntimeInSeconds or a completion criterion", no_end},
          row{"TrainingJobEarlyStoppingType must be Off", hyperband},
          row{"'epochs' is both static and tuned", both}, row{"a range for at least one", none},
          row{"can't find a tuning job called gone", parent},
          row{"Exactly one of TrainingJobDefinition", two}, row{"at most 10000 training jobs", endless}})
        EXPECT_THAT(refusal("CreateHyperParameterTuningJob", r.text.text()), HasSubstr(r.said));
    std::string unknown_metric = tuning_text{}.text();
    unknown_metric.replace(unknown_metric.find(R"("MetricName":"loss")"), 19, R"("MetricName":"acc1")");
    EXPECT_THAT(refusal("CreateHyperParameterTuningJob", unknown_metric),
                HasSubstr("A metric is required for this hyperparameter tuning job objective."));
}

TEST_F(tuning, definitions_take_turns) {
    const auto with = [](const std::string& name) {
        return R"(,"DefinitionName":")" + name +
               R"(","TuningObjective":{"Type":"Minimize","MetricName":"loss"},"HyperParameterRanges":)"
               R"({"ContinuousParameterRanges":[{"Name":"lr","MinValue":"0.1","MaxValue":"0.2"}]})";
    };
    const tuning_text t;
    ok("CreateHyperParameterTuningJob",
       R"({"HyperParameterTuningJobName":"d","HyperParameterTuningJobConfig":{"Strategy":"Bayesian","ResourceLimits":)"
       R"({"MaxNumberOfTrainingJobs":6,"MaxParallelTrainingJobs":2}},"TrainingJobDefinitions":[)" +
           t.definition(with("one")) + "," + t.definition(with("two")) + "]}");
    now += 1h;
    const auto listed = ok("ListTrainingJobsForHyperParameterTuningJob", named("d"));
    std::map<std::string, int> turns;
    for (const json::value v : listed.root().find("TrainingJobSummaries").elements())
        ++turns[std::string{*v.find("TrainingJobDefinitionName").string()}];
    EXPECT_EQ(turns, (std::map<std::string, int>{{"one", 3}, {"two", 3}}));
}

TEST_F(tuning, a_warm_start_learns_of_its_parents) {
    tuning_text parent;
    parent.name = "parent";
    parent.limits = R"("MaxNumberOfTrainingJobs":30,"MaxParallelTrainingJobs":3)";
    create(parent);
    tuning_text child;
    child.name = "child";
    child.limits = R"("MaxNumberOfTrainingJobs":1,"MaxParallelTrainingJobs":1)";
    child.more =
        R"(,"WarmStartConfig":{"ParentHyperParameterTuningJobs":[{"HyperParameterTuningJobName":"parent"}],)"
        R"("WarmStartType":"IdenticalDataAndAlgorithm"})";
    EXPECT_THAT(refusal("CreateHyperParameterTuningJob", child.text()), HasSubstr("has not ended"));
    now += 1h;
    create(child);
    now += 1h;
    const auto seen = describe("child");
    const json::value overall = seen.root().find("OverallBestTrainingJob");
    EXPECT_THAT(std::string{*overall.find("TrainingJobName").string()}, StartsWith("parent-"));
    EXPECT_EQ(overall.find("TuningJobName").string(), "parent");
    EXPECT_TRUE(seen.root().find("WarmStartConfig").is_object());
}

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
