#include "aws/sqs/queue_lint.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard::aws::sqs {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr const char* dead = "arn:aws:sqs:us-east-1:123456789012:dead";

queue_attributes good_queue() {
    return {
        {"QueueArn", "arn:aws:sqs:us-east-1:123456789012:work"},
        {"VisibilityTimeout", "60"},
        {"MessageRetentionPeriod", "345600"},
        {"RedrivePolicy", std::string{R"({"deadLetterTargetArn":")"} + dead + R"(","maxReceiveCount":5})"}};
}
queue_attributes good_dead_letters() {
    return {{"QueueArn", dead}, {"MessageRetentionPeriod", "1209600"}};
}

std::vector<std::string> rules(const queue_attributes& q,
                               const std::optional<queue_attributes>& dlq = good_dead_letters()) {
    std::vector<std::string> out;
    for (const auto& f : lint_queue(q, dlq)) {
        out.emplace_back(f.rule);
        EXPECT_FALSE(f.message.empty());
        EXPECT_FALSE(f.advice.empty());
    }
    return out;
}

queue_attributes with_policy(const std::string& statement) {
    auto q = good_queue();
    q["Policy"] = R"({"Version":"2012-10-17","Statement":[)" + statement + "]}";
    return q;
}

TEST(queue_lint, nothing_is_said_about_a_good_queue) {
    EXPECT_THAT(rules(good_queue()), IsEmpty());
    EXPECT_EQ(dead_letter_arn(good_queue()), dead);
}

TEST(queue_lint, a_dead_letter_queue_that_is_not_there) {
    auto q = good_queue();
    EXPECT_THAT(rules(q, std::nullopt), ElementsAre("dead-letter-queue-missing"));
    q.erase("RedrivePolicy");
    EXPECT_THAT(rules(q, std::nullopt), ElementsAre("no-dead-letter-queue"));
    EXPECT_EQ(dead_letter_arn(q), "");
}

TEST(queue_lint, few_receives_as_number_or_as_text) {
    auto q = good_queue();
    for (const char* count : {"4", "\"4\"", "1", "\"1\""}) {
        q["RedrivePolicy"] =
            std::string{R"({"deadLetterTargetArn":")"} + dead + R"(","maxReceiveCount":)" + count + "}";
        EXPECT_THAT(rules(q), ElementsAre("receive-count-low")) << count;
    }
    q["RedrivePolicy"] = std::string{R"({"deadLetterTargetArn":")"} + dead + R"(","maxReceiveCount":"5"})";
    EXPECT_THAT(rules(q), IsEmpty());
}

TEST(queue_lint, a_dead_letter_queue_of_the_other_type) {
    auto q = good_queue();
    q["QueueArn"] = "arn:aws:sqs:us-east-1:123456789012:work.fifo";
    q["FifoQueue"] = "true";
    EXPECT_THAT(rules(q), ElementsAre("dead-letter-queue-type"));
}

TEST(queue_lint, a_dead_letter_queue_that_forgets_first) {
    auto dlq = good_dead_letters();
    dlq["MessageRetentionPeriod"] = "345600";
    EXPECT_THAT(rules(good_queue(), dlq), ElementsAre("dead-letter-retention"));
    dlq["MessageRetentionPeriod"] = "345601";
    EXPECT_THAT(rules(good_queue(), dlq), IsEmpty());
    // Both at SQS's most: there is nothing better.
    auto q = good_queue();
    q["MessageRetentionPeriod"] = dlq["MessageRetentionPeriod"] = "1209600";
    EXPECT_THAT(rules(q, dlq), IsEmpty());
}

TEST(queue_lint, a_short_visibility_timeout) {
    auto q = good_queue();
    q["VisibilityTimeout"] = "29";
    EXPECT_THAT(rules(q), ElementsAre("visibility-short"));
    q["VisibilityTimeout"] = "30";
    EXPECT_THAT(rules(q), IsEmpty());
}

TEST(queue_lint, policies_that_let_strangers_send) {
    for (
        const char* open :
        {R"({"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage"})",
         R"({"Effect":"Allow","Principal":{"AWS":"*"},"Action":["sqs:ReceiveMessage","SQS:Send*"]})",
         R"({"Effect":"Allow","Principal":{"AWS":["123456789012","*"]},"Action":"sqs:*"})",
         R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}})",
         R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":{"StringEqualsIfExists":{"aws:SourceAccount":"1"}}})",
         R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":{"ArnLike":{"aws:SourceArn":"*"}}})",
         R"({"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"*"})",
         R"({"Effect":"Allow","Principal":"*","NotAction":"sqs:DeleteMessage"})"})
        EXPECT_THAT(rules(with_policy(open)), ElementsAre("policy-open")) << open;
}

TEST(queue_lint, policies_that_do_not) {
    for (
        const char* closed :
        {R"({"Effect":"Deny","Principal":"*","Action":"sqs:SendMessage"})",
         R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sqs:*"})",
         R"({"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sqs:SendMessage"})",
         R"({"Effect":"Allow","Principal":"*","Action":"sqs:ReceiveMessage"})",
         R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":{"ArnLike":{"AWS:SourceArn":"arn:aws:sns:*:123456789012:*"}}})",
         R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}})",
         R"({"Effect":"Allow","Principal":"*","NotAction":["sqs:Send*"]})"})
        EXPECT_THAT(rules(with_policy(closed)), IsEmpty()) << closed;
    auto q = good_queue();
    q["Policy"] = "not JSON";
    EXPECT_THAT(rules(q), IsEmpty());
}

}  // namespace
}  // namespace trainyard::aws::sqs
