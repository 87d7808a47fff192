// SageMaker grants less than the configuration says: the production core against the local AWS's own stores,
// which enforce the quota, in virtual time.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/simulation/process.hpp"
#include "tests/simulation/work.hpp"

namespace trainyard::simulation {
namespace {

constexpr std::int64_t filed = 90, hidden = 34, raised = 60;

plan one_pool() {
    plan p;
    p.seed = 1;
    p.visibility_seconds = 120;
    p.seconds_min = 600;
    p.seconds_max = 1'800;
    p.events = true;
    p.pools.push_back({"111111111111", "us-east-1", "111111111111/us-east-1", filed, hidden});
    p.tenants = {"vision", "speech"};
    return p;
}

class HiddenQuota : public ::testing::Test {
protected:
    HiddenQuota() {
        cloud_.tell([this](const lifecycle::job_event& e) { process_.hear(e); });
        rng r{2};
        for (std::size_t i = 0; i < 700; ++i) cloud_.send(i, message(i, r));
    }
    static std::string message(std::size_t number, rng& r) {
        return fmt::format(
            R"({{"kind":"training","name":"job-{}","tenant":"{}","request":{{)"
            R"("AlgorithmSpecification":{{"TrainingImage":"i","TrainingInputMode":"File"}},)"
            R"("RoleArn":"${{pool.execution_role}}","OutputDataConfig":{{"S3OutputPath":"${{pool.bucket}}/out"}},)"
            R"("ResourceConfig":{{"InstanceType":"{}","InstanceCount":1,"VolumeSizeInGB":1}},)"
            R"("HyperParameters":{{"trainyard-local-seconds":"{}"}},"StoppingCondition":{{"MaxRuntimeInSeconds":7200}}}}}})",
            number, number % 2 == 0 ? "vision" : "speech", demanded_resource, r.between(600, 1'800));
    }
    void run_until(duration t) {
        while (time_.step(t)) {
        }
    }
    // Instances in use, by SageMaker's own account.
    std::int64_t in_use() const {
        return std::ranges::count_if(cloud_.starts(), [this](const auto& s) { return cloud_.lives(s); });
    }
    // Of what SageMaker grants, on average over one second after another.
    double used(duration from, duration to, std::int64_t granted) {
        double sum = 0;
        std::int64_t seconds = 0;
        for (duration t = from; t < to; t += std::chrono::seconds{1}, ++seconds) {
            run_until(t);
            sum += static_cast<double>(in_use());
        }
        return sum / static_cast<double>(seconds * granted);
    }
    // Refusals that came less than a minute after another.
    std::size_t refusals_too_soon(duration from) const {
        std::size_t soon = 0;
        const auto& all = cloud_.refusals();
        for (std::size_t i = 1; i < all.size(); ++i)
            if (all[i - 1] >= from && all[i] - all[i - 1] < std::chrono::minutes{1}) ++soon;
        return soon;
    }
    // "ml.m5.large" as the policy has it.
    policy::pool_usage pool() { return process_.core().policy().pools().front(); }
    std::size_t ended_badly() {
        return static_cast<std::size_t>(
            std::ranges::count_if(process_.core().machine().jobs(), [](const auto& entry) {
                const auto s = entry.second.state;
                return lifecycle::is_terminal(s) && s != lifecycle::state::succeeded;
            }));
    }

    plan plan_ = one_pool();
    config::fleet fleet_ = config::parse_fleet(plan_.fleet_yaml(), "fleet.yaml", "/", {}).value();
    agenda time_;
    trace trace_{nullptr};
    verdict verdict_;
    cloud cloud_{plan_, time_, trace_, verdict_};
    wire wire_{plan_, time_};
    disk disk_{plan_, time_, trace_, verdict_, cloud_};
    surroundings around_{plan_, fleet_, time_, trace_, verdict_, cloud_, wire_, disk_, {}, {}, 0, rng{3}};
    process process_{around_, 4, [] { FAIL() << "the process stops by itself"; }};
};

TEST_F(HiddenQuota, IsLearnedAndUsedAndARaiseIsFound) {
    const duration full = std::chrono::minutes{3};
    run_until(full);
    ASSERT_FALSE(cloud_.refusals().empty());
    EXPECT_LE(cloud_.refusals().size(), 3U) << "one ends the run up; then one a minute";
    EXPECT_EQ(pool().learned.at(demanded_resource), policy::amount{hidden});
    EXPECT_EQ(pool().sources.at(demanded_resource), policy::limit_source::learned);

    const duration raise = std::chrono::hours{2};
    EXPECT_GE(used(full, raise, hidden), 0.98);
    EXPECT_EQ(refusals_too_soon(full), 0U) << "one a minute";
    EXPECT_EQ(ended_badly(), 0U);

    cloud_.set_quota(0, raised);
    std::int64_t most = 0;
    for (duration t = raise; t < raise + std::chrono::minutes{5}; t += std::chrono::seconds{1}) {
        run_until(t);
        most = std::max(most, in_use());
    }
    EXPECT_EQ(most, raised);
    EXPECT_GE(used(raise + std::chrono::minutes{5}, raise + std::chrono::hours{1}, raised), 0.98);
    // A Create that was four seconds under way met the probe that had taken its place.
    EXPECT_LE(refusals_too_soon(full), 1U);

    run_until(std::chrono::hours{12});
    EXPECT_EQ(process_.core().machine().live(), 0U);
    EXPECT_EQ(process_.core().machine().jobs().size(), 700U);
    EXPECT_EQ(ended_badly(), 0U) << "no job fails for want of quota";
    EXPECT_TRUE(verdict_.clean());
}

TEST_F(HiddenQuota, IsLearnedAnewWhenItIsLoweredWhileAllOfItIsUsed) {
    const duration lowered = std::chrono::minutes{30};
    run_until(lowered);
    cloud_.set_quota(0, 10);
    // What runs above it runs on; by then it has ended.
    const duration settled = lowered + std::chrono::minutes{35};
    EXPECT_GE((used(settled, settled + std::chrono::hours{1}, 10)), 0.98);
    EXPECT_EQ(refusals_too_soon(settled), 0U);
    EXPECT_EQ(ended_badly(), 0U);
    EXPECT_TRUE(verdict_.clean());
}

}  // namespace
}  // namespace trainyard::simulation
