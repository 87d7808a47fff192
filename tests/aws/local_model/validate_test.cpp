#include "aws/local/model/validate.hpp"

#include <gtest/gtest.h>

namespace trainyard::aws::local::model {
namespace {

struct request {
    const char* name;
    const char* operation;
    const char* input;
    const char* answer;  // empty: valid
};

class sagemaker_request : public testing::TestWithParam<request> {};

TEST_P(sagemaker_request, is_answered_in_the_words_of_aws) {
    validator checks{sagemaker_model()};
    const auto input = json::document::parse(GetParam().input);
    ASSERT_TRUE(input);
    const operation* o = sagemaker_model().find(GetParam().operation);
    ASSERT_NE(o, nullptr);
    const auto problem = checks.check(*o, input->root());
    EXPECT_EQ(problem ? problem->message : "", GetParam().answer);
}

INSTANTIATE_TEST_SUITE_P(
    table, sagemaker_request,
    testing::Values(
        request{"valid", "DescribeTrainingJob", R"({"TrainingJobName":"a-1"})", ""},
        request{"unknown_members_are_accepted", "DescribeTrainingJob",
                R"({"TrainingJobName":"a","New":{"x":1}})", ""},
        request{"null_is_absent", "ListTrainingJobs", R"({"MaxResults":null})", ""},
        request{"missing", "DescribeTrainingJob", "{}",
                "1 validation error detected: Value null at 'trainingJobName' failed to satisfy constraint: "
                "Member must "
                "not be null"},
        request{"several", "DescribeProcessingJob", R"({"ProcessingJobName":"-"})",
                "1 validation error detected: Value '-' at 'processingJobName' failed to satisfy constraint: "
                "Member must "
                "satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"},
        request{"empty_text_breaks_both", "DescribeProcessingJob", R"({"ProcessingJobName":""})",
                "2 validation errors detected: Value '' at 'processingJobName' failed to satisfy constraint: "
                "Member must "
                "have length greater than or equal to 1; Value '' at 'processingJobName' failed to satisfy "
                "constraint: "
                "Member must satisfy regular expression pattern: [a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"},
        request{"range", "ListTrainingJobs", R"({"MaxResults":101})",
                "1 validation error detected: Value '101' at 'maxResults' failed to satisfy constraint: "
                "Member must have "
                "value less than or equal to 100"},
        request{"enum", "ListTransformJobs", R"({"SortOrder":"Up"})",
                "1 validation error detected: Value 'Up' at 'sortOrder' failed to satisfy constraint: Member "
                "must satisfy "
                "enum value set: [Ascending, Descending]"},
        request{
            "inside_a_list", "AddTags",
            R"({"ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:model/m","Tags":[{"Key":"a","Value":"b"},{"Key":"c"}]})",
            "1 validation error detected: Value null at 'tags.2.member.value' failed to satisfy constraint: "
            "Member "
            "must not be null"},
        request{"scalars_in_a_list", "DeleteTags",
                R"({"ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:model/m","TagKeys":["ok",""]})",
                "1 validation error detected: Value '[ok, ]' at 'tagKeys' failed to satisfy constraint: "
                "Member must "
                "satisfy constraint: [Member must have length less than or equal to 128, Member must have "
                "length greater "
                "than or equal to 1, Member must satisfy regular expression pattern: "
                "([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)]"},
        request{"wrong_type", "ListTrainingJobs", R"({"MaxResults":"5"})",
                "STRING_VALUE can not be converted to an Integer (member maxResults)"},
        request{"wrong_type_comes_first", "ListTrainingJobs", R"({"MaxResults":500,"NameContains":7})",
                "NUMBER_VALUE can not be converted to a String (member nameContains)"},
        request{"time_as_text", "ListTrainingJobs", R"({"CreationTimeAfter":"2026-01-01T00:00:00Z"})", ""},
        request{"time_that_is_none", "ListTrainingJobs", R"({"CreationTimeAfter":"yesterday"})",
                "STRING_VALUE can not be converted to a Timestamp (member creationTimeAfter)"},
        request{"integer_of_64_bits", "ListTrainingJobs", R"({"MaxResults":4294967296})",
                "NUMBER_VALUE can not be converted to an Integer (member maxResults)"}),
    [](const auto& c) { return c.param.name; });

TEST(validation_of_maps, is_told_once_for_the_map) {
    validator checks{sagemaker_model()};
    const auto input =
        json::document::parse(R"({"TrainingJobName":"a","RoleArn":"arn:aws:iam::111122223333:role/r",
        "OutputDataConfig":{"S3OutputPath":"s3://b/o"},"Environment":{"1a":"x","b":"y"}})");
    ASSERT_TRUE(input);
    const auto problem = checks.check(*sagemaker_model().find("CreateTrainingJob"), input->root());
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->what, invalid::kind::constraint);
    EXPECT_NE(problem->message.find(
                  "Value '{1a=x, b=y}' at 'environment' failed to satisfy constraint: Map keys must "
                  "satisfy constraint: ["),
              std::string::npos)
        << problem->message;
}

TEST(validation, counts_more_than_it_tells) {
    validator checks{sagemaker_model()};
    std::string tags;
    for (int i = 0; i < 40; ++i) tags += R"({"Key":"k"},)";
    tags.pop_back();
    const auto input = json::document::parse(
        R"({"ResourceArn":"arn:aws:sagemaker:eu-west-1:111122223333:model/m","Tags":[)" + tags + "]}");
    ASSERT_TRUE(input);
    const auto problem = checks.check(*sagemaker_model().find("AddTags"), input->root());
    ASSERT_TRUE(problem);
    EXPECT_TRUE(problem->message.starts_with("40 validation errors detected: ")) << problem->message;
    EXPECT_NE(problem->message.find("tags.20.member"), std::string::npos);
    EXPECT_EQ(problem->message.find("tags.21.member"), std::string::npos);
}

TEST(validation, does_not_repeat_sensitive_values) {
    validator checks{sts_model()};
    const auto input = json::document::parse(
        R"({"RoleArn":"arn:aws:iam::111122223333:role/r","RoleSessionName":"s1","WebIdentityToken":"can"})");
    ASSERT_TRUE(input);
    const auto problem = checks.check(*sts_model().find("AssumeRoleWithWebIdentity"), input->root());
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->message,
              "1 validation error detected: Value at 'webIdentityToken' failed to satisfy constraint: Member "
              "must have "
              "length greater than or equal to 4");
}

TEST(validation, of_a_union_wants_exactly_one_member) {
    validator checks{sagemaker_model()};
    const auto& all = sagemaker_model().shapes;
    const auto found = std::find_if(all.begin(), all.end(), [](const shape& s) { return s.is_union; });
    ASSERT_NE(found, all.end());
    const auto index = static_cast<std::uint16_t>(found - all.begin());
    const auto none = json::document::parse("{}");
    const auto problem = checks.check_shape(index, none->root(), "choice");
    ASSERT_TRUE(problem);
    EXPECT_NE(problem->message.find("Exactly one member of the union must be set"), std::string::npos);
}

TEST(patterns, match_whole_texts_in_java_syntax) {
    EXPECT_TRUE(pattern{R"_([a-z]+)_"}.matches("abc"));
    EXPECT_FALSE(pattern{R"_([a-z]+)_"}.matches("abc1"));
    EXPECT_FALSE(pattern{R"_([a-z]+)_"}.matches("abc\n"));
    EXPECT_TRUE(pattern{R"_([\u0020-\u007E]+)_"}.matches("a b"));
    EXPECT_FALSE(pattern{R"_([\u0020-\u007E]+)_"}.matches("ä"));
    EXPECT_TRUE(pattern{R"_([\u10000-\u10FFFF]+)_"}.matches("\xF0\x9F\x98\x80"));
    EXPECT_TRUE(pattern{R"_([\p{L}\p{Z}]*)_"}.matches("Größe zwei"));
    EXPECT_TRUE(pattern{R"_((?!\s*$).+)_"}.matches("x"));
    EXPECT_FALSE(pattern{R"_((?!\s*$).+)_"}.matches("  "));
    EXPECT_TRUE(pattern{R"_([\p{Alnum}\-]+)_"}.matches("a-1"));
}

TEST(patterns, give_up_on_a_text_that_would_take_for_ever) {
    const pattern nested{R"_(([a-z]+)*\d)_"};
    EXPECT_FALSE(nested.matches(std::string(200, 'a')));
}

}  // namespace
}  // namespace trainyard::aws::local::model
