#include "aws/local/sagemaker/search/search.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/local/model/validate.hpp"
#include "aws/local/sagemaker/search/property_path.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local::sagemaker::search {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

json::document parse(const std::string& text) {
    auto d = json::document::parse(text);
    EXPECT_TRUE(d) << text;
    return *std::move(d);
}

const std::vector<record>& jobs() {
    static const std::vector<record> all = {
        {"arn:a", R"({"TrainingJobName":"alpha","TrainingJobStatus":"Completed","CreationTime":1764000000,
            "LastModifiedTime":1764000300,"TrainingTimeInSeconds":60,"EnableManagedSpotTraining":true,
            "HyperParameters":{"lr":"0.1","opt.name":"adam"},"Tags":[{"Key":"team","Value":"vision"}],
            "FinalMetricDataList":[{"MetricName":"acc","Value":0.91,"Timestamp":1}],
            "InputDataConfig":[{"ChannelName":"train","InputMode":"File","DataSource":{}},
                {"ChannelName":"test","InputMode":"Pipe","DataSource":{}}],
            "ResourceConfig":{"InstanceType":"ml.m5.large","InstanceCount":2}})"},
        {"arn:b", R"({"TrainingJobName":"beta","TrainingJobStatus":"Failed","CreationTime":1764000100,
            "LastModifiedTime":1764000200,"TrainingTimeInSeconds":5,"FailureReason":"AlgorithmError: x",
            "HyperParameters":{"lr":"0.5"},"Tags":[{"Key":"team","Value":"text"},{"Key":"a.b","Value":"c"}],
            "ResourceConfig":{"InstanceType":"ml.g5.xlarge","InstanceCount":1},"NotInTheModel":1})"},
        {"arn:c", R"({"TrainingJobName":"gamma","TrainingJobStatus":"InProgress","CreationTime":1764000200,
            "LastModifiedTime":1764000250,"EnableManagedSpotTraining":false})"},
    };
    return all;
}

const resource training = *find_resource("TrainingJob");

service_reply run(const std::string& input, const std::vector<record>& records = jobs()) {
    const auto d = parse(input);
    return answer_search(d.root(), training, records, model::sagemaker_model());
}

std::vector<std::string> names(const service_reply& r) {
    EXPECT_TRUE(r) << r.error().message;
    std::vector<std::string> out;
    const auto d = parse(r ? *r : "{}");
    for (const json::value v : d.root().find("Results").elements())
        out.emplace_back(v.find("TrainingJob").find("TrainingJobName").string().value_or("?"));
    return out;
}

std::string with(const std::string& expression) {
    return R"({"Resource":"TrainingJob","SortBy":"TrainingJobName","SortOrder":"Ascending","SearchExpression":)" +
           expression + "}";
}
std::string filter(const std::string& name, const std::string& how, const std::string& value) {
    return R"({"Name":")" + name + R"(","Operator":")" + how + "\"" +
           (value.empty() ? "" : R"(,"Value":")" + value + "\"") + "}";
}
std::string filters(const std::string& list) {
    return with(R"({"Filters":[)" + list + "]}");
}

TEST(search, operators) {
    struct row {
        const char *name, *how, *value, *want;  // first letters of the names
    };
    const row table[] = {
        {"TrainingJobName", "Equals", "beta", "b"},
        {"TrainingJobName", "NotEquals", "beta", "ag"},
        {"TrainingJobName", "Contains", "a", "abg"},
        {"TrainingJobName", "Contains", "et", "b"},
        {"TrainingJobName", "In", "beta,gamma,x", "bg"},
        {"FailureReason", "Exists", "", "b"},
        {"FailureReason", "NotExists", "", "ag"},
        {"ResourceConfig", "Exists", "", "ab"},
        {"TrainingTimeInSeconds", "Equals", "60", "a"},
        {"TrainingTimeInSeconds", "GreaterThan", "5", "a"},
        {"TrainingTimeInSeconds", "GreaterThanOrEqualTo", "5.0", "ab"},
        {"TrainingTimeInSeconds", "LessThan", "60", "b"},
        {"TrainingTimeInSeconds", "LessThanOrEqualTo", "60", "ab"},
        {"TrainingTimeInSeconds", "NotEquals", "60", "bg"},
        {"CreationTime", "GreaterThan", "2025-11-24T16:00:00Z", "bg"},
        {"CreationTime", "GreaterThanOrEqualTo", "2025-11-24T16:00:00", "abg"},
        {"EnableManagedSpotTraining", "Equals", "true", "a"},
        {"EnableManagedSpotTraining", "Equals", "false", "g"},
        {"ResourceConfig.InstanceType", "Equals", "ml.g5.xlarge", "b"},
        {"InputDataConfig.ChannelName", "Equals", "test", "a"},
        {"HyperParameters.lr", "LessThan", "0.2", "a"},
        {"HyperParameters.lr", "LessThan", "1", "ab"},
        {"HyperParameters.lr", "Equals", "0", "ab"},
        {"HyperParameters.opt.name", "Equals", "adam", "a"},
        {"Tags.team", "In", "vision,audio", "a"},
        {"Tags.a.b", "Equals", "c", "b"},
        {"Tags.team", "NotExists", "", "g"},
        {"Metrics.acc", "GreaterThan", "0.9", "a"},
        {"Metrics.loss", "GreaterThan", "0", ""},
    };
    for (const auto& [name, how, value, want] : table) {
        std::string got;
        for (const std::string& n : names(run(filters(filter(name, how, value))))) got += n[0];
        EXPECT_EQ(got, want) << name << " " << how << " " << value;
    }
}

TEST(search, refuses) {
    struct row {
        std::string expression;
        const char* reason;
    };
    std::string many;
    for (int i = 0; i < 20; ++i) many += (i ? "," : "") + filter("TrainingJobName", "Equals", "x");
    const std::string sub = R"({"Filters":[)" + many + "]}";
    const row table[] = {
        {R"({"Filters":[)" + filter("Nope", "Equals", "x") + "]}", "Unknown property name: Nope"},
        {R"({"Filters":[)" + filter("ResourceConfig.Nope", "Equals", "x") + "]}", "Unknown property name"},
        {R"({"Filters":[)" + filter("TrainingJobName.x", "Equals", "x") + "]}", "Unknown property name"},
        {R"({"Filters":[)" + filter("TrainingJobName", "LessThan", "x") + "]}", "cannot be ordered"},
        {R"({"Filters":[)" + filter("CreationTime", "LessThan", "yesterday") + "]}", "no time"},
        {R"({"Filters":[)" + filter("TrainingTimeInSeconds", "LessThan", "1s") + "]}", "no number"},
        {R"({"Filters":[)" + filter("TrainingTimeInSeconds", "In", "1,2") + "]}", "text only"},
        {R"({"Filters":[)" + filter("EnableManagedSpotTraining", "Equals", "yes") + "]}", "true nor false"},
        {R"({"Filters":[)" + filter("ResourceConfig", "Equals", "x") + "]}", "Only Exists"},
        {R"({"Filters":[)" + filter("TrainingJobName", "Exists", "x") + "]}", "take no Value"},
        {R"({"Filters":[)" + filter("TrainingJobName", "Equals", "") + "]}", "needs a Value"},
        {R"({"Filters":[)" + filter("TrainingJobName", "Contains", "a") + "," +
             filter("FailureReason", "Contains", "b") + "]}",
         "'CONTAINS' operator usage limit of 1 exceeded."},
        {R"({"NestedFilters":[{"NestedPropertyName":"TrainingJobName","Filters":[)" +
             filter("TrainingJobName", "Equals", "x") + "]}]}",
         "no list"},
        {R"({"Filters":[)" + many + R"(],"SubExpressions":[)" + sub + "," + sub + "]}", "at most 50"},
        {"{}", "needs Filters"},
    };
    for (const auto& [expression, reason] : table) {
        const auto r = run(with(expression));
        ASSERT_FALSE(r) << expression;
        EXPECT_EQ(r.error().type, "ValidationException");
        EXPECT_THAT(r.error().message, HasSubstr(reason));
    }
    EXPECT_FALSE(run(R"({"Resource":"TrainingJob","SortBy":"Nope"})"));
    EXPECT_FALSE(run(R"({"Resource":"TrainingJob","NextToken":"bm8="})"));
}

TEST(search, nested_filters_hold_for_one_element) {
    const auto nested = [](const char* mode) {
        return with(R"({"NestedFilters":[{"NestedPropertyName":"InputDataConfig","Filters":[)" +
                    filter("InputDataConfig.ChannelName", "Equals", "test") + "," +
                    filter("InputDataConfig.InputMode", "Equals", mode) + "]}]}");
    };
    EXPECT_THAT(names(run(nested("Pipe"))), ElementsAre("alpha"));
    EXPECT_THAT(names(run(nested("File"))), ElementsAre());
}

TEST(search, sorts_by_last_modification_unless_told) {
    EXPECT_THAT(names(run(R"({"Resource":"TrainingJob"})")), ElementsAre("alpha", "gamma", "beta"));
    EXPECT_THAT(names(run(R"({"Resource":"TrainingJob","SortBy":"TrainingTimeInSeconds"})")),
                ElementsAre("alpha", "beta", "gamma"));
    EXPECT_THAT(
        names(run(R"({"Resource":"TrainingJob","SortBy":"Metrics.acc","SortOrder":"Ascending"})")).back(),
        "alpha");
}

TEST(search, pages_cover_everything_once) {
    std::vector<record> many;
    for (int i = 0; i < 95; ++i)
        many.push_back({"arn:" + std::to_string(i), R"({"TrainingJobName":"j)" + std::to_string(i) +
                                                        R"(","LastModifiedTime":)" + std::to_string(i / 7) +
                                                        "}"});
    std::set<std::string> seen;
    std::string token;
    int pages = 0;
    do {
        const auto r = run(R"({"Resource":"TrainingJob","MaxResults":10)" +
                               (token.empty() ? "" : R"(,"NextToken":")" + token + "\"") + "}",
                           many);
        ASSERT_TRUE(r);
        for (const std::string& n : names(r)) EXPECT_TRUE(seen.insert(n).second) << n;
        const auto d = parse(*r);
        EXPECT_EQ(d.root().find("TotalHits").find("Value").integer(), 95);
        token = d.root().find("NextToken").string().value_or("");
        // What goes between two pages moves nothing.
        many.erase(many.begin());
        many.push_back({"arn:new" + std::to_string(pages), R"({"TrainingJobName":"new","LastModifiedTime":)" +
                                                               std::to_string(1000 + pages) + "}"});
        ++pages;
    } while (!token.empty() && pages < 20);
    EXPECT_EQ(pages, 9);
    EXPECT_EQ(seen.size(), 95U - 8U) << "eight of the oldest were gone when their page came";
    EXPECT_FALSE(run(R"({"Resource":"TrainingJob","SortBy":"CreationTime","NextToken":")" + token + "x\"}"));
}

TEST(search, answers_follow_the_model) {
    const auto& m = model::sagemaker_model();
    model::validator v{m};
    const auto r = run(R"({"Resource":"TrainingJob"})");
    ASSERT_TRUE(r);
    EXPECT_THAT(*r, testing::Not(HasSubstr("NotInTheModel")));
    const auto found = v.check_shape(m.find("Search")->output, parse(*r).root());
    EXPECT_FALSE(found) << found->message;
    const auto d =
        parse(R"({"Resource":"Model","SearchExpression":{"Filters":[{"Name":"ModelName","Value":"m"}]}})");
    const auto models =
        answer_search(d.root(), *find_resource("Model"), {{"arn:m", R"({"ModelName":"m"})"}}, m);
    ASSERT_TRUE(models);
    EXPECT_THAT(*models, HasSubstr(R"({"Model":{"Model":{"ModelName":"m"}}})"));
    EXPECT_FALSE(find_resource("Experiment"));
}

TEST(search, suggests) {
    const auto suggest = [](const std::string& hint) {
        const auto d = parse(
            R"({"Resource":"TrainingJob","SuggestionQuery":{"PropertyNameQuery":{"PropertyNameHint":")" +
            hint + "\"}}}");
        const auto r = answer_suggestions(d.root(), training, jobs(), model::sagemaker_model());
        std::vector<std::string> out;
        const auto answer = parse(*r);
        for (const json::value v : answer.root().find("PropertyNameSuggestions").elements())
            out.emplace_back(*v.find("PropertyName").string());
        return out;
    };
    EXPECT_THAT(suggest("Tags."), ElementsAre("Tags.a.b", "Tags.team"));
    EXPECT_THAT(suggest("HyperParameters."), ElementsAre("HyperParameters.lr", "HyperParameters.opt.name"));
    EXPECT_THAT(suggest("Metrics"), ElementsAre("Metrics.acc"));
    EXPECT_THAT(suggest("TrainingJobN"), ElementsAre("TrainingJobName"));
    EXPECT_THAT(suggest("zzz"), ElementsAre());
}

TEST(search, suggestions_are_bounded) {
    std::string tags;
    for (std::size_t i = 0; i < suggestions_max + 20; ++i)
        tags += (i == 0 ? "" : ",") + std::string{R"({"Key":"k)"} + std::to_string(1'000 + i) +
                R"(","Value":"v"})";
    const std::vector<record> all{{"arn", R"({"TrainingJobName":"a","Tags":[)" + tags + "]}"}};
    const auto input = parse(
        R"({"Resource":"TrainingJob","SuggestionQuery":{"PropertyNameQuery":{"PropertyNameHint":"Tags."}}})");
    const auto r = answer_suggestions(input.root(), training, all, model::sagemaker_model());
    ASSERT_TRUE(r);
    const auto answer = parse(*r);
    const json::value found = answer.root().find("PropertyNameSuggestions");
    EXPECT_EQ(found.size(), suggestions_max);
    EXPECT_EQ(found.at(0).find("PropertyName").string(), "Tags.k1000");
}

// And, Or, nesting and negation against a second reading of the same expression.
struct random_expression {
    std::string text;
    std::function<bool(int)> holds;
};

random_expression draw(rng& random, int depth) {
    const bool any = random.chance(0.5);
    std::vector<random_expression> parts;
    std::string list, inner;
    const std::uint64_t count = 1 + random.below(3);
    for (std::uint64_t i = 0; i < count; ++i) {
        const int limit = static_cast<int>(random.below(20));
        const std::uint64_t how = random.below(4);
        constexpr const char* operators[] = {"LessThan", "GreaterThanOrEqualTo", "Equals", "NotEquals"};
        list += (list.empty() ? "" : ",") +
                filter("TrainingTimeInSeconds", operators[how], std::to_string(limit));
        parts.push_back(
            {"", [how, limit](int n) {
                 return how == 0 ? n < limit : how == 1 ? n >= limit : how == 2 ? n == limit : n != limit;
             }});
    }
    if (depth > 0 && random.chance(0.7))
        for (std::uint64_t i = 0; i < 2; ++i) {
            random_expression sub = draw(random, depth - 1);
            inner += (inner.empty() ? "" : ",") + sub.text;
            parts.push_back(std::move(sub));
        }
    std::string text = R"({"Filters":[)" + list + "]";
    if (!inner.empty()) text += R"(,"SubExpressions":[)" + inner + "]";
    if (any || random.chance(0.5)) text += std::string{R"(,"Operator":")"} + (any ? "Or" : "And") + "\"";
    return {text + "}", [any, parts = std::move(parts)](int n) {
                for (const auto& p : parts)
                    if (p.holds(n) == any) return any;
                return !any;
            }};
}

TEST(search, expressions_mean_what_they_say) {
    std::vector<record> many;
    for (int i = 0; i < 20; ++i)
        many.push_back({"arn:" + std::to_string(i), R"({"TrainingJobName":")" + std::to_string(i) +
                                                        R"(","TrainingTimeInSeconds":)" + std::to_string(i) +
                                                        "}"});
    rng random{11};
    for (int round = 0; round < 500; ++round) {
        const random_expression e = draw(random, 2);
        const auto r = run(R"({"Resource":"TrainingJob","MaxResults":100,"SortOrder":"Ascending",
            "SortBy":"TrainingTimeInSeconds","SearchExpression":)" +
                               e.text + "}",
                           many);
        std::vector<std::string> want;
        for (int i = 0; i < 20; ++i)
            if (e.holds(i)) want.push_back(std::to_string(i));
        ASSERT_EQ(names(r), want) << e.text;
    }
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker::search
