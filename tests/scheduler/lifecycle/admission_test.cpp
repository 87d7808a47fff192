#include "scheduler/lifecycle/admission.hpp"

#include <gtest/gtest.h>

#include "engine/base/json.hpp"
#include "tests/scheduler/lifecycle/rules.hpp"

namespace trainyard::lifecycle {
namespace {

admission admit_body(const std::string& body) {
    return admit(test_message(body), test_rules());
}

TEST(Admission, ReadsAnEnvelope) {
    const auto a =
        admit_body(test_body(R"(,"tenant":"vision","priority":"low","max_attempts":3,"preemptible":true,)"
                             R"("pools":["222222222222/us-east-1"])"));
    ASSERT_FALSE(a.refused) << a.refused->pointer << ": " << a.refused->reason;
    EXPECT_EQ(a.facts.kind, "training");
    EXPECT_EQ(a.facts.name, "resnet");
    EXPECT_EQ(a.facts.tenant, "vision");
    EXPECT_EQ(a.facts.priority, 0);
    EXPECT_EQ(a.facts.max_attempts, 3);
    EXPECT_TRUE(a.facts.preemptible);
    EXPECT_EQ(a.facts.pools, std::vector<std::string>{"222222222222/us-east-1"});
    EXPECT_EQ(a.facts.demand, (std::vector<demand_item>{{"ml.g5.2xlarge", 2}}));
    EXPECT_EQ(a.facts.max_runtime_seconds, 3600);
    EXPECT_EQ(a.facts.spec_hash.size(), 64U);
}

TEST(Admission, TakesABareRequestWithItsNameAndAttributes) {
    auto m = test_message(test_request(R"(,"TrainingJobName":"from-sdk","SomethingNew":{"x":1.50})"));
    m.attributes = {{"trainyard.tenant", "speech"}, {"trainyard.priority", "low"}};
    const auto a = admit(m, test_rules());
    ASSERT_FALSE(a.refused) << a.refused->reason;
    EXPECT_EQ(a.facts.name, "from-sdk");
    EXPECT_EQ(a.facts.tenant, "speech");
    EXPECT_EQ(a.facts.priority_class, "low");
    const auto request = json::document::parse(a.request).value();
    EXPECT_FALSE(request.root().find("TrainingJobName").exists());
    EXPECT_EQ(request.root().find("SomethingNew").find("x").number_text(), "1.50")
        << "unknown members pass as they came";
}

TEST(Admission, SpotAndInstanceGroupsMakeTheDemand) {
    const std::string groups =
        R"({"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}","OutputDataConfig":{},"StoppingCondition":{},)"
        R"("EnableManagedSpotTraining":true,"ResourceConfig":{"InstanceGroups":[)"
        R"({"InstanceType":"ml.g5.2xlarge","InstanceCount":2,"InstanceGroupName":"a"},)"
        R"({"InstanceType":"ml.m5.xlarge","InstanceCount":1,"InstanceGroupName":"b"},)"
        R"({"InstanceType":"ml.g5.2xlarge","InstanceCount":3,"InstanceGroupName":"c"}]}})";
    const auto a = admit_body(test_body("", groups));
    ASSERT_FALSE(a.refused) << a.refused->reason;
    EXPECT_EQ(a.facts.demand,
              (std::vector<demand_item>{{"ml.g5.2xlarge:spot", 5}, {"ml.m5.xlarge:spot", 1}}));
}

struct bad_case {
    std::string body, pointer, reason;
};

TEST(Admission, RefusesWithReasonAndPointer) {
    const std::vector<bad_case> cases{
        {"{", "", "not JSON"},
        {"[1]", "", "must be a JSON object"},
        {R"({"kind":"training","kind":"training"})", "", "twice"},
        {test_body(R"(,"tenant":"finance")"), "/tenant", "'finance' is not a tenant of queue jobs"},
        {test_body(R"(,"priority":"high")"), "/priority", "above what queue jobs allows"},
        {test_body(R"(,"priority":"urgent")"), "/priority", "no priority class 'urgent'"},
        {test_body(R"(,"pools":["333333333333/us-east-1"])"), "/pools/0", "is not a pool of tenant vision"},
        {test_body(R"(,"max_attempts":0)"), "/max_attempts", "from 1 to 100"},
        {test_body(R"(,"preemptible":"yes")"), "/preemptible", "true or false"},
        {test_body(R"(,"depends_on":"x")"), "/depends_on", "one of all, any, always"},
        {test_body(R"(,"depends_on":{"some":["x"]})"), "/depends_on", "one of all, any, always"},
        {test_body(R"(,"depends_on":{"any":["x",""]})"), "/depends_on/any/1", "a job name or a job id"},
        {test_body(R"(,"max_wait_seconds":0)"), "/max_wait_seconds", "a whole number from 1"},
        {test_body(R"(,"lifetime_seconds":60)"), "/lifetime_seconds", "only an endpoint"},
        {test_body(R"(,"resources":{"ml.m5.xlarge":1})"), "/resources", "read from its request"},
        {test_body(R"(,"color":"red")"), "/color", "unknown member"},
        {R"({"kind":"baking","request":{}})", "/kind", "'baking' is not one of"},
        {R"({"kind":"tuning","request":{}})", "/request/HyperParameterTuningJobConfig", "is required"},
        {R"({"kind":"training"})", "/request", "is required"},
        {R"({"kind":"training","name":"-x","request":)" + test_request() + "}", "/name",
         "letters, digits and inner hyphens"},
        {test_body("", R"({"RoleArn":"${pool.execution_role}"})"), "/request/AlgorithmSpecification",
         "is required"},
        {test_body("", test_request(R"(,"Tags":[{"Key":"trainyard:owner","Value":"me"}])")),
         "/request/Tags/0/Key", "Trainyard's own"},
        {test_body("", test_request(R"(,"Environment":{"AWS_PROFILE":"x"})")),
         "/request/Environment/AWS_PROFILE", "not allowed"},
        {test_body("", test_request(R"(,"RemoteDebugConfig":{"EnableRemoteDebug":true})")),
         "/request/RemoteDebugConfig/EnableRemoteDebug", "not allowed"},
        {test_body("", test_request(R"(,"HyperParameters":{"a":"${pool.secret}"})")),
         "/request/HyperParameters/a", "unknown placeholder"},
        {test_body("", test_request(R"(,"HyperParameters":{"a":"${pool.execution_role}-admin"})")),
         "/request/HyperParameters/a", "must stand alone"},
        {test_body("", test_request(R"(,"X":"arn:aws:iam::111111111111:role/admin")")), "/request/X",
         "is not a role of this tenant"},
        {test_body("", test_request(R"(,"X":"arn:aws:s3:us-east-1:${pool.name}:x")")), "/request/X",
         "belongs to an account that this tenant may not use"},
        {test_body("", test_request(R"(,"X":"arn:aws:iam::${pool.account}:role/admin")")), "/request/X",
         "may not be built from placeholders"},
        {test_body("", test_request(R"(,"X":"arn:aws:kms:us-east-1:999999999999:key/k")")), "/request/X",
         "an account that this tenant may not use"},
    };
    for (const bad_case& c : cases) {
        const auto a = admit_body(c.body);
        ASSERT_TRUE(a.refused) << c.body;
        EXPECT_EQ(a.refused->pointer, c.pointer) << c.body << " -> " << a.refused->reason;
        EXPECT_NE(a.refused->reason.find(c.reason), std::string::npos) << a.refused->reason;
    }
}

TEST(Admission, RefusesARoleThatIsNotTheTenants) {
    std::string request = test_request();
    const std::string placeholder = "${pool.execution_role}";
    request.replace(request.find(placeholder), placeholder.size(), "arn:aws:iam::111111111111:role/trainer");
    EXPECT_FALSE(admit_body(test_body(R"(,"tenant":"vision")", request)).refused)
        << "the role is on vision's list";
    const auto speech = admit_body(test_body(R"(,"tenant":"speech")", request));
    ASSERT_TRUE(speech.refused);
    EXPECT_EQ(speech.refused->pointer, "/request/RoleArn");
    EXPECT_NE(speech.refused->reason.find("arn:aws:iam::111111111111:role/trainer"), std::string::npos);
    EXPECT_NE(speech.refused->reason.find("speech"), std::string::npos);
}

TEST(Admission, InstanceCountsAreBounded) {
    for (const char* count : {"0", "-1", "100001", "1.5", "\"2\"", "99999999999999999999"}) {
        const std::string request =
            R"({"AlgorithmSpecification":{},"RoleArn":"${pool.execution_role}","OutputDataConfig":{},"StoppingCondition":{},)"
            R"("ResourceConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":)" +
            std::string{count} + "}}";
        const auto a = admit_body(test_body("", request));
        ASSERT_TRUE(a.refused) << count;
        EXPECT_EQ(a.refused->pointer, "/request/ResourceConfig/InstanceCount");
    }
}

TEST(Admission, DeduplicationIdAndMessageIdCannotBeMistakenForEachOther) {
    auto by_id = test_message("{}", "x");
    auto by_dedup = test_message("{}", "other");
    by_dedup.deduplication_id = "x";
    EXPECT_NE(dedup_key(by_id), dedup_key(by_dedup));
    auto again = by_dedup;
    again.message_id = "third";
    EXPECT_EQ(dedup_key(again), dedup_key(by_dedup));
}

}  // namespace
}  // namespace trainyard::lifecycle
