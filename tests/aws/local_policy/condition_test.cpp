// Condition operators with the answers of IAM's documentation ("Condition operators", "Single-valued vs.
// multivalued context keys", "Policy variables").
#include "aws/local/policy/condition.hpp"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "aws/local/policy/evaluate.hpp"

namespace trainyard::aws::local {
namespace {

using many = std::vector<std::string>;

bool holds_in(const std::string& condition_text, const policy_context& context,
              const char* version = "2012-10-17") {
    const auto policy = policy_document::parse(
        fmt::format(
            R"({{"Version":"{}","Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"*",)"
            R"("Condition":{}}}}})",
            version, condition_text),
        policy_kind::session);
    EXPECT_TRUE(policy) << condition_text;
    if (!policy) return false;
    const access what{"s3:GetObject", "arn:aws:s3:::b/k", context};
    return evaluate(*policy, requester{requester::kind::aws, "arn:aws:iam::111122223333:user/a"}, what)
               .allowed != grant::none;
}

struct row {
    const char* condition;
    policy_context context;
    bool holds;
};

void check(const std::vector<row>& rows) {
    for (const row& r : rows) EXPECT_EQ(holds_in(r.condition, r.context), r.holds) << r.condition;
}

TEST(condition_test, strings) {
    check({
        {R"({"StringEquals":{"aws:PrincipalTag/job":"iamuser-admin"}})",
         {{"aws:principaltag/job", "iamuser-admin"}},
         true},
        {R"({"StringEquals":{"aws:PrincipalTag/job":"iamuser-admin"}})",
         {{"aws:principaltag/job", "IAMuser-admin"}},
         false},
        {R"({"StringEqualsIgnoreCase":{"k":"Blue"}})", {{"k", "bLUE"}}, true},
        {R"({"StringNotEqualsIgnoreCase":{"k":"Blue"}})", {{"k", "bLUE"}}, false},
        {R"({"StringEquals":{"k":["a","b"]}})", {{"k", "b"}}, true},
        {R"({"StringNotEquals":{"k":["a","b"]}})", {{"k", "b"}}, false},
        {R"({"StringNotEquals":{"k":["a","b"]}})", {{"k", "c"}}, true},
        {R"({"StringLike":{"k":["a*","?z"]}})", {{"k", "yz"}}, true},
        {R"({"StringLike":{"k":"a?c"}})", {{"k", "ac"}}, false},
        {R"({"StringNotLike":{"k":"a*"}})", {{"k", "abc"}}, false},
        {R"({"StringEquals":{"k":"a"}})", {}, false},
        {R"({"StringNotEquals":{"k":"a"}})", {}, true},
        {R"({"StringEqualsIfExists":{"k":"a"}})", {}, true},
        {R"({"StringEqualsIfExists":{"k":"a"}})", {{"k", "b"}}, false},
        {R"({"StringEquals":{"K":"a"},"StringLike":{"l":"b*"}})", {{"k", "a"}, {"l", "bc"}}, true},
        {R"({"StringEquals":{"K":"a"},"StringLike":{"l":"b*"}})", {{"k", "a"}, {"l", "c"}}, false},
    });
}

TEST(condition_test, numbers_dates_and_booleans) {
    check({
        {R"({"NumericLessThanEquals":{"s3:max-keys":"10"}})", {{"s3:max-keys", "10"}}, true},
        {R"({"NumericLessThanEquals":{"s3:max-keys":"10"}})", {{"s3:max-keys", "11"}}, false},
        {R"({"NumericLessThan":{"k":10}})", {{"k", "9.5"}}, true},
        {R"({"NumericGreaterThan":{"k":"9"}})", {{"k", "10"}}, true},  // not as text
        {R"({"NumericGreaterThanEquals":{"k":"-1"}})", {{"k", "-1"}}, true},
        {R"({"NumericEquals":{"k":"1.0"}})", {{"k", "1"}}, true},
        {R"({"NumericNotEquals":{"k":"1"}})", {{"k", "2"}}, true},
        {R"({"NumericLessThan":{"k":"10"}})", {{"k", "many"}}, false},
        {R"({"DateGreaterThan":{"aws:TokenIssueTime":"2020-01-01T00:00:01Z"}})",
         {{"aws:tokenissuetime", "2020-01-01T00:00:02Z"}},
         true},
        {R"({"DateLessThan":{"aws:CurrentTime":"2020-06-30T23:59:59Z"}})",
         {{"aws:currenttime", "2020-07-01T00:00:00Z"}},
         false},
        {R"({"DateLessThan":{"aws:CurrentTime":"2020-07-02"}})",
         {{"aws:currenttime", "2020-07-01T00:00:00Z"}},
         true},
        {R"({"DateEquals":{"aws:EpochTime":"1577836800"}})",
         {{"aws:epochtime", "2020-01-01T00:00:00Z"}},
         true},
        {R"({"DateLessThan":{"k":"next week"}})", {{"k", "2020-01-01T00:00:00Z"}}, false},
        {R"({"Bool":{"aws:SecureTransport":"false"}})", {{"aws:securetransport", "true"}}, false},
        {R"({"Bool":{"aws:SecureTransport":true}})", {{"aws:securetransport", "true"}}, true},
        {R"({"BoolIfExists":{"aws:MultiFactorAuthPresent":"false"}})", {}, true},
        {R"({"BinaryEquals":{"k":"QmluYXJ5"}})", {{"k", "QmluYXJ5"}}, true},
        {R"({"Null":{"aws:TokenIssueTime":"true"}})", {}, true},
        {R"({"Null":{"aws:TokenIssueTime":"true"}})", {{"aws:tokenissuetime", "x"}}, false},
        {R"({"Null":{"aws:TokenIssueTime":false}})", {{"aws:tokenissuetime", "x"}}, true},
        {R"({"Null":{"aws:TokenIssueTime":"false"}})", {{"aws:tokenissuetime", many{}}}, false},
    });
}

TEST(condition_test, addresses_and_arns) {
    check({
        {R"({"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}})", {{"aws:sourceip", "203.0.113.7"}}, true},
        {R"({"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}})", {{"aws:sourceip", "203.0.114.7"}}, false},
        {R"({"IpAddress":{"aws:SourceIp":["203.0.113.0/24","2001:DB8:1234:5678::/64"]}})",
         {{"aws:sourceip", "2001:db8:1234:5678::1"}},
         true},
        {R"({"IpAddress":{"aws:SourceIp":"2001:DB8:1234:5678::/64"}})",
         {{"aws:sourceip", "203.0.113.7"}},
         false},
        {R"({"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}})", {{"aws:sourceip", "203.0.113.7"}}, true},
        {R"({"IpAddress":{"aws:SourceIp":"203.0.113.7"}})", {{"aws:sourceip", "203.0.113.7"}}, true},
        {R"({"IpAddress":{"aws:SourceIp":"0.0.0.0/0"}})", {{"aws:sourceip", "203.0.113.7"}}, true},
        {R"({"IpAddress":{"aws:SourceIp":"203.0.113.0/33"}})", {{"aws:sourceip", "203.0.113.0"}}, false},
        {R"({"ArnLike":{"aws:SourceArn":"arn:aws:sns:*:123456789012:*"}})",
         {{"aws:sourcearn", "arn:aws:sns:us-east-2:123456789012:t"}},
         true},
        {R"({"ArnEquals":{"aws:SourceArn":"arn:aws:sns:*:123456789012:a?"}})",
         {{"aws:sourcearn", "arn:aws:sns:us-east-2:123456789012:ab"}},
         true},
        {R"({"ArnLike":{"aws:SourceArn":"arn:aws:*:t"}})",
         {{"aws:sourcearn", "arn:aws:sns:us-east-2:123456789012:t"}},
         false},
        {R"({"ArnNotEquals":{"aws:SourceArn":"arn:aws:sns:us-east-2:123456789012:t"}})",
         {{"aws:sourcearn", "arn:aws:sns:us-east-2:123456789012:u"}},
         true},
        {R"({"ArnLike":{"aws:SourceArn":"no arn"}})", {{"aws:sourcearn", "no arn"}}, false},
    });
}

TEST(condition_test, sets) {
    const char* const any = R"({"ForAnyValue:StringEquals":{"aws:TagKeys":["environment","cost-center"]}})";
    const char* const all = R"({"ForAllValues:StringEquals":{"aws:TagKeys":["environment","cost-center"]}})";
    const char* const none = R"({"ForAllValues:StringNotEquals":{"aws:TagKeys":["webserver"]}})";
    const char* const some_not = R"({"ForAnyValue:StringNotEquals":{"aws:TagKeys":["webserver"]}})";
    check({
        {any, {{"aws:tagkeys", many{"environment", "x"}}}, true},
        {any, {{"aws:tagkeys", many{"x", "y"}}}, false},
        {any, {}, false},
        {all, {{"aws:tagkeys", many{"environment", "cost-center"}}}, true},
        {all, {{"aws:tagkeys", many{"environment", "x"}}}, false},
        {all, {}, true},
        {all, {{"aws:tagkeys", many{}}}, true},
        {none, {{"aws:tagkeys", many{"webserver", "x"}}}, false},
        {none, {{"aws:tagkeys", many{"x"}}}, true},
        {some_not, {{"aws:tagkeys", many{"webserver", "x"}}}, true},
        {some_not, {{"aws:tagkeys", many{"webserver"}}}, false},
        {some_not, {}, false},
        {R"({"ForAllValues:StringLike":{"sagemaker:InstanceTypes":["ml.g5.*","ml.m5.*"]}})",
         {{"sagemaker:instancetypes", many{"ml.g5.xlarge", "ml.p4d.24xlarge"}}},
         false},
        {R"({"ForAnyValue:StringLikeIfExists":{"k":"a"}})", {}, true},
    });
}

TEST(condition_test, variables) {
    const policy_context ann{
        {"aws:username", "ann"}, {"k", "home/ann"}, {"star", "*"}, {"two", many{"a", "b"}}};
    const auto with = [&](const char* key, const char* value) {
        policy_context out = ann;
        out.insert_or_assign(key, value);
        return out;
    };
    check({
        {R"({"StringLike":{"k":"home/${aws:username}"}})", ann, true},
        {R"({"StringEquals":{"k":"home/${AWS:UserName}"}})", ann, true},
        {R"({"StringLike":{"k":"home/${aws:PrincipalTag/team}"}})", ann, false},
        {R"({"StringLike":{"k":"home/${aws:PrincipalTag/team, 'ann'}"}})", ann, true},
        {R"({"StringLike":{"k":"home/${aws:username, 'bob'}"}})", ann, true},
        {R"({"StringLike":{"k":"home/${two}"}})", ann, false},
        {R"({"StringLike":{"k":"home/${star}"}})", ann, false},  // what a variable gives is no wildcard
        {R"({"StringLike":{"k":"a${*}c"}})", with("k", "abc"), false},
        {R"({"StringLike":{"k":"a${*}c"}})", with("k", "a*c"), true},
        {R"({"StringLike":{"k":"a${?}${$}"}})", with("k", "a?$"), true},
        {R"({"StringLike":{"k":"${open"}})", with("k", "${open"), true},
    });
    EXPECT_FALSE(holds_in(R"({"StringEquals":{"k":"home/${aws:username}"}})", ann, "2008-10-17"));
    EXPECT_TRUE(holds_in(R"({"StringEquals":{"k":"home/${aws:username}"}})",
                         with("k", "home/${aws:username}"), "2008-10-17"));
}

TEST(condition_test, operators_that_iam_does_not_have) {
    for (const char* name : {"", "StringSounds", "NullIfExists", "ForAll:StringEquals", "stringequals",
                             "StringEqualsIf", "IfExists", "ForAnyValue:"})
        EXPECT_FALSE(parse_operator(name)) << name;
}

}  // namespace
}  // namespace trainyard::aws::local
