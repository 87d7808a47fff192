// Messages whose body is in S3.
#include "aws/sqs/extended_payload.hpp"
#include "tests/support/object_store.hpp"
#include "tests/world/fixture.hpp"

namespace trainyard {
namespace {

const std::string job =
    R"({"kind":"training","name":"large","request":{"AlgorithmSpecification":{"TrainingImage":"i","TrainingInputMode":"File"},)"
    R"("RoleArn":"${pool.execution_role}","OutputDataConfig":{"S3OutputPath":"${pool.bucket}/o"},)"
    R"("ResourceConfig":{"InstanceType":"ml.m5.xlarge","InstanceCount":1,"VolumeSizeInGB":1},)"
    R"("StoppingCondition":{"MaxRuntimeInSeconds":3600},"HyperParameters":{"trainyard-local-seconds":"30"}}})";

aws::sqs::send_entry pointer(const std::string& bucket, const std::string& key, std::uint64_t size) {
    auto out = aws::sqs::make_payload_message({bucket, key, size});
    out.id = "0";
    return out;
}

TEST_F(World, ABodyInAnAllowedBucketIsReadAndOthersAreRefusedWithTheReason) {
    open_aws();
    test::object_store store{"000000000000", "test"};
    s3_endpoint = store.url();
    store.put("/bodies/one", job);
    store.put("/bodies/long", std::string(5U << 20U, ' '));
    store.fail_next(1);
    send({}, "rejected");
    send_entries({pointer("bodies", "one", job.size()), pointer("strangers", "one", job.size()),
                  pointer("bodies", "nothing", 10), pointer("bodies", "long", 5U << 20U),
                  pointer("bodies", "long", 10)});
    const auto report = run(fleet_yaml(", reject_queue: rejected, payload_buckets: [bodies]"));
    EXPECT_EQ(report.jobs_by_state, (std::map<std::string, std::size_t>{{"rejected", 4}, {"succeeded", 1}}))
        << report.message;
    std::string reasons;
    for (const auto& m : peek("rejected")) reasons += m.attributes.at("trainyard.reason").value + "\n";
    for (const char* part : {"bucket 'strangers', which is not in payload_buckets of queue jobs", "NoSuchKey",
                             "has 5242880 bytes; at most 4194304 are read", "more than 4194304 bytes"})
        EXPECT_NE(reasons.find(part), std::string::npos) << part << " in:\n" << reasons;
    EXPECT_EQ(messages_left(), 4U) << "what is left are the copies";
}

}  // namespace
}  // namespace trainyard
