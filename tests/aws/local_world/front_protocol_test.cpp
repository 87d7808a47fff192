// Routing and the encodings of errors, by the table of services.
#include "aws/local/front_protocol.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/local/front_call.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;

http::request target(const std::string& name) {
    http::request r;
    r.fields = {{"X-Amz-Target", name}};
    r.body = "{}";
    return r;
}

http::request form(const std::string& body) {
    http::request r;
    r.fields = {{"Content-Type", "application/x-www-form-urlencoded"}};
    r.body = body;
    return r;
}

struct route_case {
    const char* name;
    http::request request;
    const char* scope;
    const char* want;  // service protocol operation
};

class routes : public testing::TestWithParam<route_case> {};

TEST_P(routes, lead_to_the_service) {
    const auto& c = GetParam();
    const route where = find_route(c.request, c.scope);
    EXPECT_EQ(std::string{to_string(where.service)} +
                  (where.protocol == protocol::json ? " json " : " query ") + where.operation,
              c.want);
}

INSTANTIATE_TEST_SUITE_P(
    table, routes,
    testing::Values(
        route_case{"sqs", target("AmazonSQS.SendMessage"), "", "sqs json SendMessage"},
        route_case{"sagemaker", target("SageMaker.StopTrainingJob"), "sqs", "sagemaker json StopTrainingJob"},
        route_case{"events", target("AWSEvents.PutRule"), "", "events json PutRule"},
        route_case{"quotas", target("ServiceQuotasV20190624.GetServiceQuota"), "",
                   "servicequotas json GetServiceQuota"},
        route_case{"no_dot", target("AWSEvents"), "", "events json "},
        route_case{"foreign_target", target("DynamoDB_20120810.ListTables"), "dynamodb", "other json "},
        route_case{"foreign_target_known_scope", target("X.Y"), "events", "events json "},
        route_case{"query_services_take_no_target", target("X.Y"), "iam", "other json "},
        route_case{"iam_by_version", form("Action=GetRole&Version=2010-05-08"), "", "iam query GetRole"},
        route_case{"sts_by_version", form("Action=A&Version=2011-06-15"), "iam", "sts query A"},
        route_case{"sqs_by_version", form("Action=A&Version=2012-11-05"), "", "sqs query A"},
        route_case{"iam_by_scope", form("Action=GetRole"), "iam", "iam query GetRole"},
        route_case{"another_version", form("Action=GetRole&Version=1"), "iam", "iam query GetRole"},
        route_case{"json_service_by_form", form("Action=PutRule"), "events", "events query PutRule"},
        route_case{"nothing_known", form("Action=A"), "", "sts query A"}),
    [](const auto& row) { return row.param.name; });

struct error_case {
    const char* name;
    http::request request;
    service_error error;
    int status;
    const char* body;
};

class error_encodings : public testing::TestWithParam<error_case> {};

TEST_P(error_encodings, are_the_service_s_own) {
    const auto& c = GetParam();
    const route where = find_route(c.request, "");
    const auto out = render(where, c.request, c.error, "id");
    EXPECT_EQ(out.status, c.status);
    EXPECT_EQ(out.body, c.body);
    EXPECT_EQ(out.fields.get("x-amzn-requestid"), "id");
}

INSTANTIATE_TEST_SUITE_P(
    table, error_encodings,
    testing::Values(
        error_case{"sagemaker_shape",
                   target("SageMaker.X"),
                   {400, "ResourceInUse", "", "m", true},
                   400,
                   R"({"__type":"ResourceInUse","Message":"m"})"},
        error_case{"sagemaker_framework",
                   target("SageMaker.X"),
                   {400, "ValidationException", "", "m", true},
                   400,
                   R"({"__type":"ValidationException","message":"m"})"},
        error_case{"events",
                   target("AWSEvents.X"),
                   {400, "ResourceNotFoundException", "", "m", true},
                   400,
                   R"({"__type":"ResourceNotFoundException","message":"m"})"},
        error_case{"quotas",
                   target("ServiceQuotasV20190624.X"),
                   {404, "NoSuchResourceException", "", "m", true},
                   404,
                   R"({"__type":"NoSuchResourceException","Message":"m"})"},
        error_case{"quotas_framework",
                   target("ServiceQuotasV20190624.X"),
                   {400, "SerializationException", "", "m", true},
                   400,
                   R"({"__type":"SerializationException","message":"m"})"},
        error_case{"sqs_collapses",
                   target("AmazonSQS.X"),
                   {403, "com.amazonaws.sqs#OverLimit", "OverLimit", "m", true},
                   400,
                   R"({"__type":"com.amazonaws.sqs#OverLimit","message":"m"})"},
        error_case{"iam",
                   form("Action=GetRole&Version=2010-05-08"),
                   {404, "NoSuchEntity", "", "m<", true},
                   404,
                   "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender"
                   "</Type><Code>NoSuchEntity</Code><Message>m&lt;</Message></Error><RequestId>id</RequestId>"
                   "</ErrorResponse>"}),
    [](const auto& row) { return row.param.name; });

TEST(front_call, an_operation_of_no_service_or_not_there) {
    const auto say = [](const http::request& r) {
        const auto input = read_input(find_route(r, ""), r);
        return input ? "ok" : input.error().type + ": " + input.error().message;
    };
    EXPECT_EQ(say(target("AWSEvents.PutRule")), "ok");
    EXPECT_EQ(say(target("AWSEvents")), "UnknownOperationException: ");
    EXPECT_EQ(say(form("Action=GetRole&Version=2010-05-08&RoleName=r")), "ok");
    EXPECT_EQ(say(form("Action=Dance&Version=2010-05-08")),
              "InvalidAction: Could not find operation Dance for version 2010-05-08");
    EXPECT_EQ(say(form("Version=2010-05-08")),
              "MissingAction: The request must contain the parameter Action");
    EXPECT_EQ(say(form("Action=%4")), "MalformedInput: The body is not a well-formed form.");
}

TEST(front_call, an_iam_answer_is_xml_and_its_unknown_operation_invalid) {
    const route where = find_route(form("Action=GetRole&Version=2010-05-08"), "");
    const auto xml = write_output(where, std::string{R"({"Role":{"RoleName":"r"}})"}, "id");
    ASSERT_TRUE(xml.has_value());
    EXPECT_THAT(*xml, HasSubstr("<GetRoleResult><Role><RoleName>r</RoleName></Role></GetRoleResult>"));
    const service_error unknown{400, "UnknownOperationException", "", "", true};
    EXPECT_EQ(write_output(where, unknown, "id").error().type, "InvalidAction");
}

}  // namespace
}  // namespace trainyard::aws::local
