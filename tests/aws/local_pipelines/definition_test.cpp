#include "aws/local/sagemaker/pipelines/definition.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/local/sagemaker/pipelines/expression.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

std::string with_steps(const std::string& steps, const std::string& parameters = "[]") {
    return R"({"Version":"2020-12-01","Parameters":)" + parameters + R"(,"Steps":)" + steps + "}";
}

std::string fail_step(const std::string& name, const std::string& more = "") {
    return R"({"Name":")" + name + R"(","Type":"Fail","Arguments":{"ErrorMessage":"e"})" + more + "}";
}

std::string parameters(const std::string& one) {
    return "[" + one + "]";
}

struct refusal {
    const char* name;
    std::string text;
    const char* reason;  // part of the message
};

TEST(definition, refuses_with_the_place) {
    const std::string ok = "[" + fail_step("a") + "]";
    const refusal table[] = {
        {"no JSON", "{", "byte 1"},
        {"no object", "[]", "JSON object"},
        {"no version", R"({"Steps":[]})", "/Version"},
        {"other version", R"({"Version":"2019-01-01","Steps":[]})", "/Version"},
        {"no step", with_steps("[]"), "/Steps: at least one"},
        {"steps no list", with_steps("{}"), "/Steps: at least one"},
        {"step name", with_steps("[" + fail_step("a b") + "]"), "/Steps/0/Name"},
        {"long step name", with_steps("[" + fail_step(std::string(65, 'a')) + "]"), "/Steps/0/Name"},
        {"two of a name", with_steps("[" + fail_step("a") + "," + fail_step("a") + "]"), "twice"},
        {"unknown type", with_steps(R"([{"Name":"a","Type":"EMR","Arguments":{}}])"), "/Steps/0/Type: 'EMR'"},
        {"no arguments", with_steps(R"([{"Name":"a","Type":"Training"}])"), "/Steps/0/Arguments"},
        {"no message", with_steps(R"([{"Name":"a","Type":"Fail","Arguments":{}}])"), "ErrorMessage"},
        {"no queue", with_steps(R"([{"Name":"a","Type":"Callback","Arguments":{}}])"), "SqsQueueUrl"},
        {"no function", with_steps(R"([{"Name":"a","Type":"Lambda","Arguments":{}}])"), "FunctionArn"},
        {"unknown dependency", with_steps("[" + fail_step("a", R"(,"DependsOn":["b"])") + "]"),
         "no step 'b'"},
        {"circle of one", with_steps("[" + fail_step("a", R"(,"DependsOn":["a"])") + "]"), "waits"},
        {"circle",
         with_steps("[" + fail_step("a", R"(,"DependsOn":["b"])") + "," +
                    fail_step("b", R"(,"DependsOn":["a"])") + "]"),
         "step 'a' waits"},
        {"unknown parameter",
         with_steps(R"([{"Name":"a","Type":"Fail","Arguments":{"ErrorMessage":{"Get":"Parameters.x"}}}])"),
         "no parameter 'x'"},
        {"unknown step",
         with_steps(R"([{"Name":"a","Type":"Fail","Arguments":{"ErrorMessage":{"Get":"Steps.x.Y"}}}])"),
         "no step 'x'"},
        {"unknown variable",
         with_steps(R"([{"Name":"a","Type":"Fail","Arguments":{"ErrorMessage":{"Get":"Execution.Mood"}}}])"),
         "no execution variable 'Mood'"},
        {"bad reference",
         with_steps(R"([{"Name":"a","Type":"Fail","Arguments":{"ErrorMessage":{"Get":"Steps.x"}}}])"),
         "no pipeline variable"},
        {"unknown function",
         with_steps(R"([{"Name":"a","Type":"Fail","Arguments":{"ErrorMessage":{"Std:Split":"x"}}}])"),
         "no function"},
        {"conditions", with_steps(R"([{"Name":"a","Type":"Condition","Arguments":{"Conditions":[]}}])"),
         "Conditions"},
        {"condition type",
         with_steps(R"([{"Name":"a","Type":"Condition","Arguments":{"Conditions":[{"Type":"Like"}]}}])"),
         "'Like'"},
        {"condition without right side",
         with_steps(
             R"([{"Name":"a","Type":"Condition","Arguments":{"Conditions":[{"Type":"Equals","LeftValue":1}]}}])"),
         "RightValue"},
        {"retry",
         with_steps("[" + fail_step("a", R"(,"RetryPolicies":[{"ExceptionType":["Step.WHIM"]}])") + "]"),
         "/RetryPolicies"},
        {"parameter name", with_steps(ok, parameters(R"({"Name":"a.b","Type":"String"})")),
         "/Parameters/0/Name"},
        {"parameter type", with_steps(ok, parameters(R"({"Name":"a","Type":"Date"})")), "/Parameters/0/Type"},
        {"parameter twice", with_steps(ok, R"([{"Name":"a","Type":"String"},{"Name":"a","Type":"String"}])"),
         "twice"},
        {"default of another type",
         with_steps(ok, parameters(R"({"Name":"a","Type":"Integer","DefaultValue":"1"})")), "DefaultValue"},
        {"default not in enum",
         with_steps(ok, parameters(R"({"Name":"a","Type":"String","DefaultValue":"x","EnumValues":["y"]})")),
         "EnumValues"},
    };
    for (const auto& [name, text, reason] : table) {
        const auto d = parse_definition(text);
        ASSERT_FALSE(d) << name;
        EXPECT_THAT(d.error().message, testing::HasSubstr(reason)) << name;
    }
}

TEST(definition, holds_fifty_steps_and_no_more) {
    std::string steps;
    for (std::size_t i = 0; i < steps_max; ++i) steps += (i ? "," : "") + fail_step("s" + std::to_string(i));
    EXPECT_TRUE(parse_definition(with_steps("[" + steps + "]")));
    const auto over = parse_definition(with_steps("[" + steps + "," + fail_step("more") + "]"));
    ASSERT_FALSE(over);
    EXPECT_THAT(over.error().message, testing::HasSubstr("at most 50 steps"));
}

TEST(definition, knows_who_waits_for_whom) {
    const auto d = parse_definition(with_steps(R"([
        {"Name":"deploy","Type":"Fail","Arguments":{"ErrorMessage":
            {"Std:Join":{"On":"-","Values":["x",{"Get":"Steps.train.ModelArtifacts.S3ModelArtifacts"}]}}}},
        {"Name":"train","Type":"Training","Arguments":{},"DependsOn":["prep"]},
        {"Name":"prep","Type":"Processing","Arguments":{}},
        {"Name":"check","Type":"Condition","Arguments":{
            "Conditions":[{"Type":"LessThan","LeftValue":{"Std:JsonGet":{"PropertyFile":
                {"Get":"Steps.prep.PropertyFiles.metrics"},"Path":"a.b"}},"RightValue":1}],
            "IfSteps":[{"Name":"yes","Type":"Model","Arguments":{}}],
            "ElseSteps":[{"Name":"no","Type":"Model","Arguments":{}}]}}])"));
    ASSERT_TRUE(d) << d.error().message;
    const auto names = [&](const char* step) {
        std::vector<std::string> out;
        for (const std::size_t i : d->steps[*d->step(step)].depends_on) out.push_back(d->steps[i].name);
        return out;
    };
    EXPECT_THAT(names("deploy"), testing::ElementsAre("train"));
    EXPECT_THAT(names("train"), testing::ElementsAre("prep"));
    EXPECT_THAT(names("check"), testing::ElementsAre("prep"));
    EXPECT_EQ(d->steps[*d->step("yes")].decided_by, d->step("check"));
    EXPECT_TRUE(d->steps[*d->step("yes")].runs_if);
    EXPECT_FALSE(d->steps[*d->step("no")].runs_if);
}

TEST(definition, values_follow_type_and_enum) {
    struct row {
        value_type type;
        const char* text;
        bool good;
    };
    const row table[] = {
        {value_type::string, "", true},
        {value_type::integer, "12", true},
        {value_type::integer, "1.5", false},
        {value_type::integer, "", false},
        {value_type::floating, "1e-3", true},
        {value_type::floating, "nan", false},
        {value_type::boolean, "true", true},
        {value_type::boolean, "True", false},
        {value_type::integer, "9223372036854775808", false},
    };
    for (const auto& [type, text, good] : table)
        EXPECT_EQ(!refuse_value({"p", type, std::nullopt, {}}, text), good) << text;
    EXPECT_TRUE(refuse_value({"p", value_type::string, std::nullopt, {"a", "b"}}, "c"));
    EXPECT_FALSE(refuse_value({"p", value_type::string, std::nullopt, {"a", "b"}}, "b"));
}

TEST(reference, parses_paths) {
    EXPECT_FALSE(parse_reference("Parameters."));
    EXPECT_FALSE(parse_reference("Parameters.a.b"));
    EXPECT_FALSE(parse_reference("Steps.a"));
    EXPECT_FALSE(parse_reference("Steps.a['b'"));
    EXPECT_FALSE(parse_reference("Steps.a.b[x]"));
    EXPECT_FALSE(parse_reference("Steps.a.b[1"));
    EXPECT_FALSE(parse_reference("Steps.a" + std::string(2 * path_parts_max, 'x') +
                                 std::string(3 * path_parts_max, '.')));
    const auto r = parse_reference("Steps.prep.Outputs['train.x'].List[2].S3Uri");
    ASSERT_TRUE(r);
    EXPECT_EQ(r->name, "prep");
    const std::vector<path_part> want = {"Outputs", "train.x", "List", std::size_t{2}, "S3Uri"};
    EXPECT_EQ(r->path, want);
}

class map_scope final : public scope {
public:
    result<void> write(const reference& what, json::writer& out) const override {
        if (what.name == "gone") return error{errc::not_found, "gone"};
        if (what.what == reference::kind::parameter)
            out.integer(7);
        else
            out.string(what.name);
        return {};
    }
    result<std::string> file(const std::string&, const std::string&) const override {
        return std::string{R"({"a":[{"b":0.25}]})"};
    }
};

TEST(expression, resolves_anywhere) {
    struct row {
        const char *tree, *want;
    };
    const row table[] = {
        {R"({"a":{"Get":"Parameters.n"},"b":[1.50,null,{"Get":"Steps.s.X"}]})",
         R"({"a":7,"b":[1.50,null,"s"]})"},
        {R"({"Std:Join":{"On":"/","Values":["s3:",{"Get":"Parameters.n"},{"Std:Join":{"On":"-","Values":[true,"z"]}}]}})",
         R"("s3:/7/true-z")"},
        {R"({"Std:JsonGet":{"PropertyFile":{"Get":"Steps.s.PropertyFiles.f"},"Path":"a[0].b"}})", "0.25"},
        // Only the sole member of an object is an expression.
        {R"({"Get":"Parameters.n","more":1})", R"({"Get":"Parameters.n","more":1})"},
    };
    for (const auto& [tree, want] : table) {
        const auto document = json::document::parse(tree);
        ASSERT_TRUE(document) << tree;
        const auto got = resolve(document->root(), map_scope{});
        ASSERT_TRUE(got) << tree << ": " << got.error().message;
        EXPECT_EQ(json::to_text(got->root()), want);
    }
    for (const char* tree :
         {R"([{"Get":"Steps.gone.X"}])", R"({"Get":1})", R"({"Std:Join":{"Values":[{}]}})",
          R"({"Std:JsonGet":{"PropertyFile":{"Get":"Steps.s.PropertyFiles.f"},"Path":"a[1].b"}})",
          R"({"Std:JsonGet":{"PropertyFile":{"Get":"Parameters.n"},"Path":"a"}})"}) {
        const auto document = json::document::parse(tree);
        ASSERT_TRUE(document) << tree;
        EXPECT_FALSE(resolve(document->root(), map_scope{})) << tree;
    }
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker::pipelines
