#include <algorithm>
#include <set>

#include "tests/aws/local_sagemaker/tuning_fixture.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

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
    t.name = "other";
    ASSERT_FALSE(quotas.take(account, region, instance_use::training, {{"ml.m5.large", 2}}));
    EXPECT_THAT(refusal("CreateHyperParameterTuningJob", t.text()),
                HasSubstr("current utilization of 2 Instances and a request delta of 2 Instances"));
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

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
