// Training plans: what is offered, bought and used.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/local/sagemaker/plans/plan_offering.hpp"
#include "tests/aws/local_sagemaker/training_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using namespace std::chrono_literals;
using sagemaker::plan_offering;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class training_plans : public service_fixture {
protected:
    training_plans() : service_fixture(sagemaker_options{}) {}

    static constexpr const char* wanted =
        R"({"InstanceType":"ml.p5.48xlarge","InstanceCount":4,"DurationHours":48,"TargetResources":["training-job"])";
    std::string offering(wall_time now = start) {
        const auto found =
            json::document::parse(ok("SearchTrainingPlanOfferings", std::string{wanted} + "}", now));
        return std::string{
            *found->root().find("TrainingPlanOfferings").at(0).find("TrainingPlanOfferingId").string()};
    }
    static std::string named(const std::string& name, const std::string& more = "") {
        return R"({"TrainingPlanName":")" + name + "\"" + more + "}";
    }
    void buy(const std::string& name, const std::string& id) {
        ok("CreateTrainingPlan",
           named(name, R"(,"TrainingPlanOfferingId":")" + id + R"(","Tags":[{"Key":"k","Value":"v"}])"));
    }
    json::document described(const std::string& name, wall_time now) {
        auto out = json::document::parse(ok("DescribeTrainingPlan", named(name), now));
        return *std::move(out);
    }
};

TEST(plan_offering, an_id_says_all_of_it) {
    const plan_offering o{"ml.p5.48xlarge", 4, 48, from_unix_millis(1'764'000'000'000), {"training-job"}};
    const auto back = plan_offering::of_id(o.id());
    ASSERT_TRUE(back);
    EXPECT_EQ(back->instance_type, o.instance_type);
    EXPECT_EQ(back->instances, 4);
    EXPECT_EQ(back->hours, 48);
    EXPECT_EQ(back->start, o.start);
    EXPECT_THAT(back->targets, ElementsAre("training-job"));
    EXPECT_EQ(back->fee(), "1920.00");
    for (const char* wrong :
         {"", "tpo-", "tpo-1-2-3-4", "tpo-1-2-3-4-1-6", "tpo-99999-1-24-1764000000-1",
          "tpo-1-0-24-1764000000-1", "tpo-1-257-24-1764000000-1", "tpo-1-1-0-1764000000-1",
          "tpo-1-1-24-99999999999-1", "tpo-1-1-24-1764000000-0", "tpo-1-1-24-1764000000-9999",
          "tpo-1-1-24-1764000000-x", "opt-1-1-24-1764000000-1"})
        EXPECT_FALSE(plan_offering::of_id(wrong)) << wrong;
}

TEST_F(training_plans, offers_end_before_they_have_to) {
    const auto count = [&](const std::string& more) {
        const auto found =
            json::document::parse(ok("SearchTrainingPlanOfferings", std::string{wanted} + more + "}"));
        return found->root().find("TrainingPlanOfferings").size();
    };
    EXPECT_EQ(count(""), 3U);
    const auto before = [&](duration d) {
        return R"(,"EndTimeBefore":)" + std::to_string(to_unix_millis(start + d) / 1000);
    };
    EXPECT_EQ(count(before(80h)), 2U);
    EXPECT_EQ(count(before(49h)), 1U);
    EXPECT_EQ(count(before(40h)), 0U);
    EXPECT_THAT(refusal("SearchTrainingPlanOfferings", std::string{wanted} + R"(,"UltraServerCount":1})"),
                HasSubstr("does not support UltraServerCount"));
}

TEST_F(training_plans, are_scheduled_active_and_expired) {
    buy("p", offering());
    const plan_offering o = *plan_offering::of_id(offering());
    for (const auto& [when, status, available] :
         {std::tuple{start, "Scheduled", 0}, {o.start, "Active", 4}, {o.start + 48h, "Expired", 0}}) {
        const auto seen = described("p", when);
        EXPECT_EQ(seen.root().find("Status").string(), status);
        EXPECT_EQ(seen.root().find("AvailableInstanceCount").integer(), available) << status;
        EXPECT_EQ(seen.root().find("ReservedCapacitySummaries").at(0).find("Status").string(), status);
    }
}

TEST_F(training_plans, jobs_wait_for_them_and_use_them) {
    buy("p", offering());
    const plan_offering o = *plan_offering::of_id(offering());
    const std::string in_plan =
        R"(,"TrainingPlanArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-plan/p")";
    ok("CreateTrainingJob", create_text("a", "", in_plan));
    EXPECT_EQ(described("p", start).root().find("InUseInstanceCount").integer(), 0);
    const auto seen = described("p", o.start + 5s);
    EXPECT_EQ(seen.root().find("InUseInstanceCount").integer(), 2);
    EXPECT_EQ(seen.root().find("AvailableInstanceCount").integer(), 2);
    EXPECT_THAT(
        refusal(
            "CreateTrainingJob",
            create_text("b", "",
                        R"(,"TrainingPlanArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-plan/no")")),
        HasSubstr("ResourceNotFound"));
    EXPECT_EQ(described("p", o.start + 1h).root().find("InUseInstanceCount").integer(), 0);
}

TEST_F(training_plans, errors_of_buying) {
    const std::string id = offering();
    buy("p", id);
    const std::string again = R"(,"TrainingPlanOfferingId":")" + id + "\"";
    EXPECT_THAT(refusal("CreateTrainingPlan", named("p", again)), HasSubstr("ResourceInUse"));
    EXPECT_THAT(refusal("CreateTrainingPlan", named("q", again), start + 100h),
                HasSubstr("ResourceNotFound"));
    EXPECT_THAT(refusal("CreateTrainingPlan", named("q", R"(,"TrainingPlanOfferingId":"nothing")")),
                HasSubstr("ResourceNotFound"));
    EXPECT_THAT(refusal("DescribeTrainingPlan", named("q")), HasSubstr("ResourceNotFound"));
}

TEST_F(training_plans, are_listed_in_pages) {
    const std::string id = offering();
    for (const char* name : {"b", "a", "c"}) buy(name, id);
    buy("late", offering(start + 100h));
    const auto names = [&](const std::string& options, wall_time now = start) {
        std::vector<std::string> out;
        std::string token;
        do {
            const auto page =
                json::document::parse(ok("ListTrainingPlans",
                                         R"({"MaxResults":2)" + options +
                                             (token.empty() ? "" : R"(,"NextToken":")" + token + "\"") + "}",
                                         now));
            for (const json::value v : page->root().find("TrainingPlanSummaries").elements())
                out.emplace_back(*v.find("TrainingPlanName").string());
            token = page->root().find("NextToken").string().value_or("");
        } while (!token.empty());
        return out;
    };
    EXPECT_THAT(names(""), ElementsAre("a", "b", "c", "late"));
    EXPECT_THAT(names(R"(,"SortOrder":"Descending")"), ElementsAre("late", "c", "b", "a"));
    EXPECT_THAT(names(R"(,"SortBy":"StartTime","SortOrder":"Descending")"),
                ElementsAre("late", "c", "b", "a"));
    EXPECT_THAT(names(R"(,"Filters":[{"Name":"Status","Value":"Active"}])"), IsEmpty());
    EXPECT_THAT(names(R"(,"Filters":[{"Name":"Status","Value":"Active"}])", start + 2h),
                ElementsAre("a", "b", "c"));
    EXPECT_THAT(names(R"(,"StartTimeAfter":)" + std::to_string(to_unix_millis(start + 50h) / 1000)),
                ElementsAre("late"));
    EXPECT_THAT(refusal("ListTrainingPlans", R"({"NextToken":"x"})"), HasSubstr("NextToken"));
    EXPECT_THAT(
        ok("ListTags", R"({"ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:training-plan/a"})"),
        HasSubstr(R"("Key":"k")"));
}

}  // namespace
}  // namespace trainyard::aws::local
