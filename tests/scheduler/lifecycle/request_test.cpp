#include "scheduler/lifecycle/request.hpp"

#include <gtest/gtest.h>

#include "tests/scheduler/lifecycle/rules.hpp"

namespace trainyard::lifecycle {
namespace {

const pool_values pool{"111111111111/us-east-1", "111111111111", "us-east-1",
                       "arn:aws:iam::111111111111:role/exec", "s3://b"};

job_facts facts() {
    job_facts f;
    f.id = job_id{1735689600000} << 19U;
    f.name = "resnet";
    f.tenant = "vision";
    f.spec_hash = "abc";
    return f;
}

TEST(SageMakerName, FitsAndKeepsTheWholeId) {
    const std::string id = to_text(facts().id);
    EXPECT_EQ(sagemaker_name("resnet", facts().id, 1), "ty-resnet-" + id + "-1");
    const std::string cut = sagemaker_name(std::string(63, 'a'), facts().id, 100);
    EXPECT_EQ(cut.size(), 63U);
    EXPECT_TRUE(cut.ends_with("-" + id + "-100"));
    const std::string hyphens = sagemaker_name("ab" + std::string(60, '-') + "c", facts().id, 1);
    EXPECT_EQ(hyphens, "ty-ab-" + id + "-1") << "the cut leaves no run of hyphens at its end";
}

TEST(Request, FillsPlaceholdersAddsNameAndTags) {
    const std::string request =
        test_request(R"(,"Tags":[{"Key":"team","Value":"${pool.region}"}],"New":[1.0,{"a":null}])");
    const auto built = build_request(request, facts(), 2, "prod", pool);
    ASSERT_TRUE(built) << built.error().message;
    const auto d = json::document::parse(*built).value();
    const json::value r = d.root();
    EXPECT_EQ(r.find("TrainingJobName").string(), sagemaker_name("resnet", facts().id, 2));
    EXPECT_EQ(r.find("RoleArn").string(), "arn:aws:iam::111111111111:role/exec");
    EXPECT_EQ(r.find("OutputDataConfig").find("S3OutputPath").string(), "s3://b/out");
    EXPECT_EQ(json::to_text(r.find("New")), R"([1.0,{"a":null}])");
    std::map<std::string, std::string> tags;
    for (const json::value t : r.find("Tags").elements())
        tags[std::string{*t.find("Key").string()}] = std::string{*t.find("Value").string()};
    auto expected = owner_tags("prod", facts(), 2);
    expected["team"] = "us-east-1";
    EXPECT_EQ(tags, expected);
}

TEST(Request, AMissingPoolValueIsNamed) {
    pool_values bare = pool;
    bare.bucket.clear();
    const auto built = build_request(test_request(), facts(), 1, "prod", bare);
    ASSERT_FALSE(built);
    EXPECT_NE(built.error().message.find("has no bucket"), std::string::npos) << built.error().message;
}

TEST(Request, PlaceholdersThatDoNotExistAreErrors) {
    EXPECT_EQ(fill_placeholders("a ${pool.account} b", pool).value(), "a 111111111111 b");
    EXPECT_FALSE(fill_placeholders("${pool.nothing}", pool));
    EXPECT_FALSE(fill_placeholders("${pool.account", pool));
    EXPECT_EQ(fill_placeholders("$ { } ok", pool).value(), "$ { } ok");
}

}  // namespace
}  // namespace trainyard::lifecycle
