#include "aws/local/model/query.hpp"

#include <gtest/gtest.h>

namespace trainyard::aws::local::model {
namespace {

struct form_case {
    const char* name;
    const service_model& (*model)();
    const char* operation;
    const char* form;
    const char* input;  // JSON, or "! " and the reason
};

class form_of_query : public testing::TestWithParam<form_case> {};

TEST_P(form_of_query, becomes_the_input_of_a_json_service) {
    const auto& c = GetParam();
    const auto form = parse_form(c.form);
    ASSERT_TRUE(form);
    const auto input = input_of_form(c.model(), *c.model().find(c.operation), *form);
    EXPECT_EQ(input ? *input : "! " + input.error().message, c.input);
}

INSTANTIATE_TEST_SUITE_P(
    table, form_of_query,
    testing::Values(
        form_case{"nothing", sts_model, "GetCallerIdentity", "Action=GetCallerIdentity&Version=2011-06-15",
                  "{}"},
        form_case{"scalars", sts_model, "AssumeRole", "RoleArn=arn%3Ax&RoleSessionName=s&DurationSeconds=900",
                  R"({"RoleArn":"arn:x","RoleSessionName":"s","DurationSeconds":900})"},
        form_case{
            "list_of_structures", iam_model, "TagRole",
            "RoleName=r&Tags.member.2.Key=b&Tags.member.2.Value=2&Tags.member.1.Key=a&Tags.member.1.Value=1",
            R"({"RoleName":"r","Tags":[{"Key":"a","Value":"1"},{"Key":"b","Value":"2"}]})"},
        form_case{"ten_comes_after_nine", iam_model, "UntagRole",
                  "RoleName=r&TagKeys.member.10=j&TagKeys.member.9=i&TagKeys.member.1=a",
                  R"({"RoleName":"r","TagKeys":["a","i","j"]})"},
        form_case{"booleans", iam_model, "CreatePolicyVersion",
                  "PolicyArn=a&PolicyDocument=%7B%7D&SetAsDefault=true",
                  R"({"PolicyArn":"a","PolicyDocument":"{}","SetAsDefault":true})"},
        form_case{"empty_list", iam_model, "TagRole", "RoleName=r&Tags=", R"({"RoleName":"r","Tags":[]})"},
        form_case{"unknown_fields", sts_model, "GetCallerIdentity", "New=1&Other.member.1=x", "{}"},
        form_case{"no_integer", sts_model, "AssumeRole", "DurationSeconds=soon",
                  "! DurationSeconds must be an integer"},
        form_case{"no_boolean", iam_model, "CreatePolicyVersion", "SetAsDefault=yes",
                  "! SetAsDefault must be true or false"},
        form_case{"index_zero", iam_model, "UntagRole", "TagKeys.member.0=a",
                  "! TagKeys must be numbered from 1"},
        form_case{"index_huge", iam_model, "UntagRole", "TagKeys.member.1000000=a",
                  "! TagKeys must be numbered from 1"},
        form_case{"structure_as_text", iam_model, "TagRole", "Tags.member.1=a", R"({"Tags":[{}]})"},
        form_case{"text_as_structure", sts_model, "AssumeRole", "RoleArn.x=1",
                  "! RoleArn must be a single value"},
        form_case{"too_deep", sts_model, "AssumeRole", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q=1",
                  "! a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q nests too deep"}),
    [](const auto& c) { return c.param.name; });

TEST(answer_of_query, wraps_members_lists_and_times) {
    const operation& o = *iam_model().find("ListRoles");
    const std::string answer = answer_of_output(
        iam_model(), o,
        R"({"Roles":[{"Path":"/","RoleName":"a<b","RoleId":"AROA","Arn":"x","CreateDate":1767225600}],"IsTruncated":false})",
        "id-1");
    EXPECT_EQ(answer,
              "<ListRolesResponse "
              "xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListRolesResult><Roles><member>"
              "<Path>/</Path><RoleName>a&lt;b</RoleName><RoleId>AROA</RoleId><Arn>x</Arn>"
              "<CreateDate>2026-01-01T00:00:00Z</CreateDate></member></Roles><IsTruncated>false</IsTruncated>"
              "</ListRolesResult><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></"
              "ListRolesResponse>");
}

TEST(answer_of_query, has_no_result_where_the_operation_has_no_output) {
    EXPECT_EQ(answer_of_output(iam_model(), *iam_model().find("DeleteRole"), "", "id-2"),
              "<DeleteRoleResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ResponseMetadata>"
              "<RequestId>id-2</RequestId></ResponseMetadata></DeleteRoleResponse>");
}

TEST(answer_of_query, tells_errors_as_xml) {
    EXPECT_EQ(error_answer(sts_model(), {403, "AccessDenied", "AccessDenied", "no & never", true}, "id-3"),
              "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>"
              "<Code>AccessDenied</Code><Message>no &amp; never</Message></Error><RequestId>id-3</RequestId>"
              "</ErrorResponse>");
}

}  // namespace
}  // namespace trainyard::aws::local::model
