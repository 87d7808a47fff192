#include <gtest/gtest.h>

#include "aws/local/sqs/queue_policy.hpp"

#include "aws/local/policy/pattern.hpp"

namespace trainyard::aws::local {
namespace {

using decision = policy_decision;

const std::string arn = "arn:aws:sqs:us-east-1:111122223333:q";
const principal user{account_id("999988887777"), "arn:aws:iam::999988887777:user/eve", "AIDAEVE"};
const principal role{account_id("999988887777"), "arn:aws:sts::999988887777:assumed-role/train/s1",
                     "AROA:s1"};

decision decide(const std::string& text, const principal& who = user, std::string_view action = "SendMessage",
                const policy_context& more = {}) {
    const auto policy = queue_policy::parse(text);
    EXPECT_TRUE(policy) << text << ": " << (policy ? "" : policy.error().message);
    if (!policy) return decision::neither;
    policy_context context = context_of(who);
    context.insert(more.begin(), more.end());
    return policy->evaluate(who, action, arn, context);
}

std::string statement(const std::string& principals, const std::string& actions, const std::string& rest = "",
                      const std::string& effect = "Allow") {
    return R"({"Effect":")" + effect + R"(","Principal":)" + principals + R"(,"Action":)" + actions + rest +
           "}";
}
std::string policy(const std::string& statements) {
    return R"({"Version":"2012-10-17","Statement":[)" + statements + "]}";
}

TEST(queue_policy_test, principals) {
    struct row {
        const char* principals;
        decision of_user, of_role;
    };
    constexpr auto yes = decision::allow, no = decision::neither;
    const row rows[] = {
        {R"("*")", yes, yes},
        {R"({"AWS":"*"})", yes, yes},
        {R"({"AWS":"999988887777"})", yes, yes},
        {R"({"AWS":"arn:aws:iam::999988887777:root"})", yes, yes},
        {R"({"AWS":["111122223333","999988887777"]})", yes, yes},
        {R"({"AWS":"111122223333"})", no, no},
        {R"({"AWS":"arn:aws:iam::111122223333:root"})", no, no},
        {R"({"AWS":"arn:aws:iam::999988887777:user/eve"})", yes, no},
        {R"({"AWS":"arn:aws:iam::999988887777:role/train"})", no, yes},
        {R"({"AWS":"arn:aws:iam::999988887777:role/path/train"})", no, yes},
        {R"({"AWS":"arn:aws:iam::999988887777:role/trai"})", no, no},
        {R"({"AWS":"arn:aws:iam::111122223333:role/train"})", no, no},
        {R"({"AWS":"arn:aws:sts::999988887777:assumed-role/train/s1"})", no, yes},
        {R"({"AWS":"arn:aws:sts::999988887777:assumed-role/train/s2"})", no, no},
        {R"({"Service":"events.amazonaws.com"})", no, no},
        {R"({"Service":"*"})", no, no},
    };
    for (const row& r : rows) {
        const std::string text = policy(statement(r.principals, R"("sqs:SendMessage")"));
        EXPECT_EQ(decide(text, user), r.of_user) << r.principals;
        EXPECT_EQ(decide(text, role), r.of_role) << r.principals;
    }
    const std::string others =
        R"({"Statement":{"Effect":"Allow","NotPrincipal":{"AWS":"999988887777"},"Action":"*"}})";
    EXPECT_EQ(decide(others), decision::neither);
    EXPECT_EQ(decide(others, {account_id("1"), "arn:aws:iam::1:user/a", "A"}), decision::allow);
}

TEST(queue_policy_test, actions_and_resources) {
    struct row {
        const char *actions, *rest;
        bool allowed;
    };
    const row rows[] = {
        {R"("SQS:SendMessage")", "", true},
        {R"("sqs:sendmessage")", "", true},
        {R"("sqs:*")", "", true},
        {R"("*")", "", true},
        {R"("sqs:Send*")", "", true},
        {R"("sqs:S?ndMessage")", "", true},
        {R"("sqs:Send")", "", false},
        {R"(["sqs:ReceiveMessage","sqs:DeleteMessage"])", "", false},
        {R"(["sqs:ReceiveMessage","sqs:SendMessage"])", "", true},
        {R"("sqs:*")", R"(,"Resource":"arn:aws:sqs:us-east-1:111122223333:q")", true},
        {R"("sqs:*")", R"(,"Resource":"arn:aws:sqs:*:111122223333:*")", true},
        {R"("sqs:*")", R"(,"Resource":"arn:aws:sqs:us-east-1:111122223333:Q")", false},
        {R"("sqs:*")", R"(,"NotResource":"arn:aws:sqs:us-east-1:111122223333:q")", false},
        {R"("sqs:*")", R"(,"NotResource":"arn:aws:sqs:us-east-1:111122223333:r")", true},
    };
    for (const row& r : rows)
        EXPECT_EQ(decide(policy(statement(R"("*")", r.actions, r.rest))),
                  r.allowed ? decision::allow : decision::neither)
            << r.actions << r.rest;
    const std::string inverted =
        R"({"Statement":[{"Effect":"Allow","Principal":"*","NotAction":"sqs:Purge*"}]})";
    EXPECT_EQ(decide(inverted), decision::allow);
    EXPECT_EQ(decide(inverted, user, "PurgeQueue"), decision::neither);
}

TEST(queue_policy_test, explicit_deny_wins_in_any_order) {
    const std::string allow = statement(R"("*")", R"("*")");
    const std::string deny = statement(R"({"AWS":"999988887777"})", R"("sqs:SendMessage")", "", "Deny");
    EXPECT_EQ(decide(policy(allow + "," + deny)), decision::deny);
    EXPECT_EQ(decide(policy(deny + "," + allow)), decision::deny);
    EXPECT_EQ(decide(policy(deny + "," + allow), user, "ReceiveMessage"), decision::allow);
    EXPECT_EQ(decide(policy(deny), user, "ReceiveMessage"), decision::neither);
}

TEST(queue_policy_test, conditions) {
    struct row {
        const char* condition;
        bool holds;
    };
    const policy_context source{{"aws:sourcearn", "arn:aws:events:us-east-1:111122223333:rule/nightly"},
                                {"aws:sourceaccount", "111122223333"}};
    const row rows[] = {
        {R"({"ArnEquals":{"aws:SourceArn":"arn:aws:events:us-east-1:111122223333:rule/nightly"}})", true},
        {R"({"ArnEquals":{"aws:SourceArn":"arn:aws:events:us-east-1:111122223333:rule/*"}})", true},
        {R"({"ArnLike":{"AWS:sourcearn":"arn:aws:events:*:111122223333:rule/night??"}})", true},
        {R"({"ArnLike":{"aws:SourceArn":"arn:aws:*:rule/nightly"}})", false},
        {R"({"ArnLike":{"aws:SourceArn":"*"}})", false},
        {R"({"ArnNotLike":{"aws:SourceArn":"arn:aws:events:*:*:rule/daily"}})", true},
        {R"({"StringEquals":{"aws:SourceArn":"arn:aws:events:us-east-1:111122223333:rule/*"}})", false},
        {R"({"StringLike":{"aws:SourceArn":"arn:aws:*nightly"}})", true},
        {R"({"StringEquals":{"aws:SourceAccount":"111122223333"}})", true},
        {R"({"StringEquals":{"aws:SourceAccount":["1","111122223333"]}})", true},
        {R"({"StringEquals":{"aws:SourceAccount":"1"}})", false},
        {R"({"StringNotEquals":{"aws:SourceAccount":["1","111122223333"]}})", false},
        {R"({"StringNotEquals":{"aws:SourceAccount":"1"}})", true},
        {R"({"StringEquals":{"aws:SourceAccount":"111122223333","aws:PrincipalAccount":"1"}})", false},
        {R"({"StringEquals":{"aws:PrincipalAccount":"999988887777"}})", true},
        {R"({"StringEqualsIgnoreCase":{"aws:userid":"aidaeve"}})", true},
        {R"({"Bool":{"aws:SecureTransport":"true"}})", true},
        {R"({"Bool":{"aws:SecureTransport":false}})", false},
        {R"({"StringEquals":{"aws:PrincipalOrgID":"o-1"}})", false},
        {R"({"StringEqualsIfExists":{"aws:PrincipalOrgID":"o-1"}})", true},
        {R"({"StringNotEquals":{"aws:PrincipalOrgID":"o-1"}})", true},
        {R"({"StringEquals":{"aws:userid":"${aws:userid}"}})", true},
        {R"({"StringEquals":{"aws:userid":"${aws:username}"}})", false},
        {R"({"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}})", false},
        {R"({"ForAllValues:StringEquals":{"aws:TagKeys":"a"}})", true},
        {R"({"ForAnyValue:StringEquals":{"aws:TagKeys":"a"}})", false},
    };
    for (const row& r : rows) {
        const std::string rest = std::string(R"(,"Condition":)") + r.condition;
        EXPECT_EQ(decide(policy(statement(R"("*")", R"("*")", rest)), user, "SendMessage", source),
                  r.holds ? decision::allow : decision::neither)
            << r.condition;
        EXPECT_EQ(decide(policy(statement(R"("*")", R"("*")", rest, "Deny")), user, "SendMessage", source),
                  r.holds ? decision::deny : decision::neither)
            << r.condition;
    }
}

TEST(queue_policy_test, what_is_no_policy) {
    const std::string good = statement(R"("*")", R"("*")");
    for (const std::string& text :
         {std::string("{"),
          std::string("[]"),
          std::string("{}"),
          std::string(R"({"Statement":[]})"),
          std::string(R"({"Statement":["x"]})"),
          R"({"Version":"2011-01-01","Statement":[)" + good + "]}",
          policy(R"({"Effect":"Maybe","Principal":"*","Action":"*"})"),
          policy(R"({"Effect":"Allow","Action":"*"})"),
          policy(R"({"Effect":"Allow","Principal":"*"})"),
          policy(R"({"Effect":"Allow","Principal":"me","Action":"*"})"),
          policy(R"({"Effect":"Allow","Principal":{},"Action":"*"})"),
          policy(
              R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::999988887777:user/e*"},"Action":"*"})"),
          policy(R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":{"StringSounds":{"k":"v"}}})"),
          policy(R"({"Effect":"Allow","Principal":{"AWS":[]},"Action":"*"})"),
          policy(R"({"Effect":"Allow","Principal":{"AWS":1},"Action":"*"})"),
          policy(R"({"Effect":"Allow","Principal":"*","NotPrincipal":"*","Action":"*"})"),
          policy(R"({"Effect":"Allow","Principal":"*","Action":"s3:GetObject"})"),
          policy(R"({"Effect":"Allow","Principal":"*","Action":[]})"),
          policy(R"({"Effect":"Allow","Principal":"*","Action":"*","Resource":[1]})"),
          policy(R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":"x"})"),
          policy(R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":{"Bool":1}})"),
          policy(R"({"Effect":"Allow","Principal":"*","Action":"*","Condition":{"Bool":{"k":[]}}})")}) {
        const auto parsed = queue_policy::parse(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, errc::invalid_argument) << text;
    }
}

TEST(queue_policy_test, limits) {
    const auto repeated = [](const std::string& one, std::size_t n) {
        std::string out = one;
        for (std::size_t i = 1; i < n; ++i) out += "," + one;
        return out;
    };
    const auto statements = [&](std::size_t n) { return policy(repeated(statement(R"("*")", R"("*")"), n)); };
    const auto principals = [&](std::size_t n) {
        return policy(statement(R"({"AWS":[)" + repeated(R"("111122223333")", n) + "]}", R"("*")"));
    };
    const auto conditions = [&](std::size_t n) {
        std::string keys;
        for (std::size_t i = 0; i < n; ++i) keys += (i ? ",\"k" : "\"k") + std::to_string(i) + R"(":"v")";
        return policy(statement(R"("*")", R"("*")", R"(,"Condition":{"StringEquals":{)" + keys + "}}"));
    };
    const auto bytes = [&](std::size_t n) {
        const std::string text = statements(1);
        return text + std::string(n - text.size(), ' ');
    };
    struct row {
        std::string fits, too_much;
    };
    for (const row& r : {row{statements(max_policy_statements), statements(max_policy_statements + 1)},
                         row{principals(max_policy_principals), principals(max_policy_principals + 1)},
                         row{conditions(max_policy_conditions), conditions(max_policy_conditions + 1)},
                         row{bytes(max_policy_bytes), bytes(max_policy_bytes + 1)}}) {
        EXPECT_TRUE(queue_policy::parse(r.fits));
        const auto refused = queue_policy::parse(r.too_much);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, errc::limit) << refused.error().message;
    }
}

TEST(queue_policy_test, patterns) {
    struct row {
        const char *pattern, *text;
        bool matches;
    };
    for (const row& r :
         {row{"", "", true}, row{"", "a", false}, row{"*", "", true}, row{"**", "ab", true},
          row{"?", "", false}, row{"a*c", "abbc", true}, row{"a*c", "abcb", false}, row{"*ab", "aab", true},
          row{"a?c", "abc", true}, row{"*a*b", "xaxxb", true}, row{"abc", "ab", false}, row{"A", "a", false}})
        EXPECT_EQ(matches_pattern(r.pattern, r.text), r.matches) << r.pattern << " " << r.text;
}

}  // namespace
}  // namespace trainyard::aws::local
