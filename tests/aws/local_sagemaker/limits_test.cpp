// What is remembered for nobody has a bound; the oldest goes first.
#include "tests/aws/local_sagemaker/training_fixture.hpp"
#include "tests/aws/local_sagemaker/tuning_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using namespace std::chrono_literals;

struct few_changes {
    static sagemaker_options options() {
        sagemaker_options out;
        out.untaken_changes = 3;
        return out;
    }
};

class untaken_changes : public service_fixture {
protected:
    untaken_changes() : service_fixture(few_changes::options()) {}
};

TEST_F(untaken_changes, the_latest_are_kept) {
    for (const char* name : {"m1", "m2", "m3", "m4", "m5"})
        ok("CreateModel", R"({"ModelName":")" + std::string{name} +
                              R"(","ExecutionRoleArn":"arn:aws:iam::111122223333:role/train",)"
                              R"("PrimaryContainer":{"Image":"i"}})");
    const auto taken = service.take_events(start + 1s);
    ASSERT_EQ(taken.size(), 3U);
    EXPECT_TRUE(taken.front().resource_arn.ends_with("model/m3")) << taken.front().resource_arn;
    EXPECT_TRUE(service.take_events(start + 1s).empty());
}

}  // namespace

namespace sagemaker {
namespace {

TEST(erased_training_jobs, the_latest_are_told_of) {
    quota_book quotas{1, {}};
    training_store store{account, region, quotas, 1.0, {}};
    constexpr std::size_t beyond = 5;
    wall_time now = noon;
    for (std::size_t i = 0; i < gone_max + beyond; ++i, now += 1h) {
        training_request r;
        r.instances = {{"ml.m5.large", 1}};
        const std::string name = "j" + std::to_string(i);
        ASSERT_TRUE(std::holds_alternative<training_store::created>(store.create(name, std::move(r), now)));
        ASSERT_EQ(store.erase(name, now + 30min), training_store::erase_outcome::erased);
    }
    const auto changes = store.take_changes(now);
    ASSERT_FALSE(changes.empty());
    EXPECT_EQ(changes.front().job->name, "j" + std::to_string(beyond));
    EXPECT_FALSE(store.next_change().has_value());
}

TEST_F(tuning, the_latest_changes_are_kept) {
    // A job that is stopped at once changes three times: InProgress, Stopping, Stopped.
    constexpr std::size_t jobs = changes_kept_max / 3 + 10;
    for (std::size_t i = 0; i < jobs; ++i) {
        tuning_text t;
        t.name = "t" + std::to_string(i);
        t.limits = R"("MaxNumberOfTrainingJobs":1,"MaxParallelTrainingJobs":1)";
        create(t);
        ok("StopHyperParameterTuningJob", named(t.name));
        now += 1min;
        service.advance(now);
    }
    std::vector<state_change> taken;
    service.take_events(now, taken);
    EXPECT_EQ(taken.size(), changes_kept_max);
    EXPECT_TRUE(taken.back().resource_arn.ends_with("/t" + std::to_string(jobs - 1)))
        << taken.back().resource_arn;
}

}  // namespace
}  // namespace sagemaker
}  // namespace trainyard::aws::local
