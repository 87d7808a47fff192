// What is kept of pipelines has a bound; the oldest goes first.
#include <gtest/gtest.h>

#include "aws/local/sagemaker/pipelines/pipeline_store.hpp"
#include "scripted_jobs.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

struct kept : testing::Test {
    // One step that fails at once.
    static std::string text(int n) {
        return R"({"Version":"2020-12-01","Steps":[{"Name":"f","Type":"Fail","Arguments":{"ErrorMessage":")" +
               std::to_string(n) + R"("}}]})";
    }
    pipeline_input input(int n) const {
        pipeline_input out;
        out.definition = text(n);
        out.role_arn = "arn:aws:iam::111122223333:role/pipelines";
        return out;
    }
    scripted_jobs jobs;
    pipeline_store store{account_id{"111122223333"}, region_name{"eu-west-1"}, 1.0, rng{3},
                         [](const execution_record&, const execution_event&) {}};
};

TEST_F(kept, the_latest_versions) {
    ASSERT_TRUE(store.create("p", input(1), "me", at(0)));
    constexpr int versions = static_cast<int>(versions_kept_max) + 5;
    for (int n = 2; n <= versions; ++n) ASSERT_TRUE(store.update("p", input(n), "me", at(n)));
    const pipeline& p = **store.find("p");
    EXPECT_EQ(p.versions.size(), versions_kept_max);
    EXPECT_EQ(p.version(5), nullptr);
    ASSERT_NE(p.version(6), nullptr);
    EXPECT_EQ(p.version(6)->text, text(6));
    EXPECT_EQ(p.version(std::nullopt)->id, versions);
    start_input old;
    old.version = 5;
    EXPECT_EQ(store.start("p", old, "me", at(100)).error().type, "ResourceNotFound");
}

TEST_F(kept, the_latest_executions) {
    ASSERT_TRUE(store.create("p", input(1), "me", at(0)));
    std::vector<std::string> arns;
    for (std::size_t n = 0; n < executions_kept_max + 5; ++n) {
        const double now = static_cast<double>(n) * 10;
        const auto started = store.start("p", {}, "me", at(now));
        ASSERT_TRUE(started) << started.error().message;
        arns.push_back((*started)->run.setup().arn);
        store.advance(at(now + 9), jobs);
    }
    EXPECT_EQ(store.executions().size(), executions_kept_max);
    const pipeline_store& seen = store;
    EXPECT_FALSE(seen.find_execution(arns[4]));
    const auto oldest = seen.find_execution(arns[5]);
    ASSERT_TRUE(oldest);
    EXPECT_EQ((*oldest)->run.status(), execution_status::failed);
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker::pipelines
