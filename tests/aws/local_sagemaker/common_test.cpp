#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "aws/local/sagemaker/common/job_rules.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"
#include "aws/local/sagemaker/common/quota_book.hpp"
#include "aws/local/sagemaker/common/resource_index.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const account_id account{"111122223333"};
const region_name region{"eu-west-1"};
const std::string type = "ml.m5.large";

operation_call call_of(const std::string& operation, const json::document& input) {
    return {operation, input.root(), {account, "arn:aws:iam::111122223333:user/a", "AIDA"},
            region,    "http://h",   {}};
}

TEST(operation_table, answers_by_the_model_before_the_row_is_asked) {
    operation_table t;
    int asked = 0;
    t.add({"DeleteModel", [&](const operation_call&) { return ++asked, service_reply{std::string{}}; }, "",
           "ModelName"});
    t.add({"ListModels", [&](const operation_call&) { return ++asked, service_reply{std::string{"{}"}}; }});
    const auto none = json::document::parse("{}");
    EXPECT_EQ(t.handle(call_of("CreateModel", *none)).error().type, "UnknownOperationException");
    EXPECT_THAT(t.handle(call_of("DeleteModel", *none)).error().message,
                HasSubstr("Value null at 'modelName' failed to satisfy constraint: Member must not be null"));
    const auto wrong = json::document::parse(R"({"MaxResults":"x"})");
    EXPECT_EQ(t.handle(call_of("ListModels", *wrong)).error().type, "SerializationException");
    const auto named = json::document::parse(R"({"ModelName":"m"})");
    EXPECT_EQ(t.handle(call_of("DeleteModel", *named)).error().message,
              "The local AWS does not support ModelName of DeleteModel.");
    EXPECT_EQ(asked, 0);
    EXPECT_EQ(*t.handle(call_of("ListModels", *none)), "{}");
    EXPECT_EQ(asked, 1);
}

TEST(operation_table_death, knows_the_model) {
    const auto nothing = [](const operation_call&) { return service_reply{std::string{}}; };
    operation_table t;
    EXPECT_DEATH(t.add({"MakeModel", nothing}), "MakeModel is no operation");
    EXPECT_DEATH(t.add({"CreateModel", nothing, "Containers Colour"}), "CreateModel has no member Colour");
    t.add({"CreateModel", nothing});
    EXPECT_DEATH(t.add({"CreateModel", nothing}), "added once");
}

TEST(quota_book, the_exception_that_names_more_wins) {
    const quota_book b{10,
                       {{"*/*/*", 1},
                        {"*/*/ml.m5.large", 2},
                        {"111122223333/*/*", 3},
                        {"*/eu-west-1/ml.m5.large", 4},
                        {"*/*/ml.m5.large/processing job usage", 5}}};
    EXPECT_EQ(b.limit(account, region, type, instance_use::training), 4);
    EXPECT_EQ(b.limit(account, region, type, instance_use::processing), 5);
    EXPECT_EQ(b.limit(account, region, "ml.p3", instance_use::training), 3);
    EXPECT_EQ(b.limit(account_id{"999999999999"}, region_name{"us-east-1"}, type, instance_use::training), 2);
    EXPECT_EQ(b.limit(account_id{"999999999999"}, region, "ml.p3", instance_use::training), 1);
    EXPECT_EQ((quota_book{10, {}}).limit(account, region, type, instance_use::training), 10);
}

TEST(quota_book, takes_all_or_nothing_and_says_why) {
    quota_book b{4, {{"*/*/ml.p3", 1}}};
    const instance_counts both{{type, 3}, {"ml.p3", 2}};
    const auto over = b.take(account, region, instance_use::training, both);
    ASSERT_TRUE(over);
    EXPECT_EQ(over->text(),
              "The account-level service limit 'ml.p3 for training job usage' is 1 Instances, with current "
              "utilization "
              "of 0 Instances and a request delta of 2 Instances. Please use AWS Service Quotas to request "
              "an increase "
              "for this quota.");
    EXPECT_EQ(b.in_use(account, region, type, instance_use::training), 0);
    EXPECT_FALSE(b.take(account, region, instance_use::training, {{type, 4}}));
    EXPECT_TRUE(b.take(account, region, instance_use::training, {{type, 1}}));
    EXPECT_FALSE(b.take(account, region, instance_use::spot_training, {{type, 1}}));
    EXPECT_TRUE(
        b.take(account, region, instance_use::transform, {{type, std::numeric_limits<std::int64_t>::max()}}));
    b.give_back(account, region, instance_use::training, {{type, 3}});
    EXPECT_EQ(b.in_use(account, region, type, instance_use::training), 1);
    b.set_limit(account, region, type, instance_use::training, 0);
    EXPECT_EQ(b.take(account, region, instance_use::training, {{type, 1}})->in_use, 1);
}

TEST(quota_book, names_read_back) {
    for (const instance_use u : instance_uses) {
        const auto read = read_quota_name(quota_name(type, u));
        ASSERT_TRUE(read);
        EXPECT_EQ(read->first, type);
        EXPECT_EQ(read->second, u);
    }
    EXPECT_FALSE(read_quota_name("ml.m5.large for notebook usage"));
    EXPECT_FALSE(read_quota_name("Instances across training jobs"));
    const auto all = read_quota_name("Number of instances across training jobs");
    ASSERT_TRUE(all);
    EXPECT_EQ(*all, (std::pair{std::string{total_type}, instance_use::training}));
    EXPECT_EQ(quota_name(all->first, all->second), "Number of instances across training jobs");
}

TEST(job_rules, globs) {
    EXPECT_TRUE(glob_matches("*", ""));
    EXPECT_TRUE(glob_matches("a*c", "abbc"));
    EXPECT_TRUE(glob_matches("a?c*", "abc"));
    EXPECT_TRUE(glob_matches("*x*y", "axbxcy"));
    EXPECT_FALSE(glob_matches("a*c", "abbd"));
    EXPECT_FALSE(glob_matches("", "a"));
    EXPECT_FALSE(glob_matches("a?", "a"));
    EXPECT_FALSE(glob_matches(std::string(40, '*') + "b", std::string(5'000, 'a')));
}

TEST(job_rules, decide_by_what_the_job_is) {
    job_rules rules{7};
    const auto text = json::document::parse(R"([
        {"effect":"capacity","instance_type":"ml.p3*"},
        {"effect":"algorithm","name":"bad-*","text":"exit code 1"},
        {"effect":"interruption","after_seconds":30},
        {"effect":"slow_start","kind":"processing","after_seconds":5}])");
    ASSERT_TRUE(rules.set(text->root()));
    const instance_counts small{{type, 1}}, large{{type, 1}, {"ml.p3.2xlarge", 1}};
    const auto fate = [&](std::string_view name, std::string_view kind, const instance_counts& i, bool spot) {
        return rules.decide({name, kind, account, region, i, spot});
    };
    EXPECT_EQ(fate("bad-1", "training", large, false).failure_reason, capacity_error);
    EXPECT_TRUE(fate("bad-1", "training", large, false).fails_at_start);
    EXPECT_EQ(fate("bad-1", "training", small, false).failure_reason, "AlgorithmError: exit code 1");
    EXPECT_THAT(fate("good", "training", small, true).interruptions, ElementsAre(30s));
    EXPECT_THAT(fate("good", "training", small, false).interruptions, IsEmpty());
    EXPECT_EQ(fate("good", "processing", small, false).slow_start, 5s);
    EXPECT_EQ(fate("good", "training", small, false).failure_reason, "");
}

TEST(job_rules, a_probability_is_a_share_of_jobs_and_the_same_for_a_job_each_time) {
    job_rules rules{7};
    rules.set({{.probability = 0.3}});
    const instance_counts small{{type, 1}};
    int failed = 0;
    for (int i = 0; i < 10'000; ++i) {
        const std::string name = "job-" + std::to_string(i);
        const job_facts job{name, "training", account, region, small, false};
        failed += rules.decide(job).failure_reason.empty() ? 0 : 1;
        EXPECT_EQ(rules.decide(job).failure_reason, rules.decide(job).failure_reason);
    }
    EXPECT_NEAR(failed, 3'000, 200);
}

TEST(job_rules, wrong_ones_are_refused_and_change_nothing) {
    job_rules rules{7};
    rules.set({{.name = "kept"}});
    for (const auto& [text, why] : std::vector<std::pair<const char*, const char*>>{
             {"{}", "must be a JSON array"},
             {"[1]", "rule 1 must be an object"},
             {R"([{"effect":"capacity"},{"name":"x"}])", "rule 2: effect"},
             {R"([{"effect":"fire"}])", "rule 1: effect"},
             {R"([{"effect":"capacity","colour":1}])", "rule 1: colour"},
             {R"([{"effect":"capacity","probability":1.5}])", "rule 1: probability"},
             {R"([{"effect":"capacity","name":""}])", "rule 1: name"},
             {R"([{"effect":"interruption"}])", "rule 1: after_seconds"},
             {R"([{"effect":"slow_start","after_seconds":-1}])", "rule 1: after_seconds"}}) {
        const auto read = json::document::parse(text);
        const auto done = rules.set(read->root());
        ASSERT_FALSE(done) << text;
        EXPECT_THAT(done.error().message, HasSubstr(why));
    }
    std::string many = "[";
    for (std::size_t i = 0; i < job_rules_max; ++i) many += R"({"effect":"capacity"},)";
    const auto too_many = json::document::parse(many + R"({"effect":"capacity"}])");
    ASSERT_TRUE(too_many);
    EXPECT_EQ(rules.set(too_many->root()).error().code, errc::limit);
    ASSERT_EQ(rules.rules().size(), 1U);
    EXPECT_EQ(rules.rules()[0].name, "kept");
    many.back() = ']';
    const auto most = json::document::parse(many);
    EXPECT_TRUE(rules.set(most->root()));
    EXPECT_EQ(rules.rules().size(), job_rules_max);
}

struct thing {
    std::string name;
    wall_time created{};
    std::string state = "A";
    wall_time modified{};
    wall_time last_modified(wall_time) const { return modified; }
    std::string_view status(wall_time) const { return state; }
};

const wall_time noon = *parse_iso8601("2026-01-01T12:00:00Z");

std::vector<std::string> names(const resource_index<thing>::page& p) {
    std::vector<std::string> out;
    for (const thing* t : p.items) out.push_back(t->name);
    return out;
}

TEST(resource_index, finds_lists_and_frees_names) {
    resource_index<thing> index;
    ASSERT_NE(index.add({"b"}, noon), nullptr);
    ASSERT_NE(index.add({"a"}, noon + 1s), nullptr);
    EXPECT_EQ(index.add({"a"}, noon + 2s), nullptr);
    ASSERT_NE(index.add({"c"}, noon - 1h), nullptr);  // a clock that went back
    EXPECT_EQ(index.find("c")->created, noon + 1s);
    list_query q;
    EXPECT_THAT(names(*index.list(q, noon)), ElementsAre("c", "a", "b"));
    q.by = list_query::sort::name;
    q.ascending = true;
    EXPECT_THAT(names(*index.list(q, noon)), ElementsAre("a", "b", "c"));
    EXPECT_TRUE(index.erase("a"));
    EXPECT_FALSE(index.erase("a"));
    EXPECT_NE(index.add({"a"}, noon + 3s), nullptr);
}

TEST(resource_index, is_late_when_told_to) {
    resource_index<thing> index{2s};
    index.add({"a"}, noon);
    EXPECT_EQ(index.find("a", noon + 1s), nullptr);
    EXPECT_THAT(names(*index.list({}, noon + 1s)), IsEmpty());
    EXPECT_NE(index.find("a", noon + 2s), nullptr);
    EXPECT_NE(index.find("a"), nullptr);
    EXPECT_EQ(index.add({"a"}, noon + 1s), nullptr);
}

TEST(resource_index, cuts_the_page_before_the_status_where_aws_does) {
    resource_index<thing> index;
    for (int i = 0; i < 4; ++i) index.add({"t" + std::to_string(i), {}, i < 2 ? "A" : "B"}, noon);
    list_query q;
    q.ascending = true;
    q.max = 2;
    q.status_equals = "B";
    EXPECT_THAT(names(*index.list(q, noon)), ElementsAre("t2", "t3"));
    q.status_after_cut = true;
    const auto first = index.list(q, noon);
    EXPECT_THAT(names(*first), IsEmpty());
    ASSERT_FALSE(first->next_token.empty());
    q.token = first->next_token;
    EXPECT_THAT(names(*index.list(q, noon)), ElementsAre("t2", "t3"));
    q.ascending = false;
    EXPECT_FALSE(index.list(q, noon));  // a token of another order
}

// Every listing, page by page while others come and go, gives exactly what the plain rules give for those
// that stayed, in order.
TEST(resource_index, pages_lose_and_double_nothing) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        SCOPED_TRACE(seed);
        rng random{seed};
        resource_index<thing> index;
        wall_time now = noon;
        std::vector<thing> stay;
        const auto add = [&](const std::string& name) {
            now += std::chrono::milliseconds{random.between(0, 2) * 500};
            const std::string state(1, static_cast<char>('A' + random.below(3)));
            return *index.add({name, {}, state, now + std::chrono::seconds{random.between(0, 3)}}, now);
        };
        int comers = 0;
        for (int i = 0; i < 40; ++i) {
            const std::string name(1 + random.below(3), static_cast<char>('a' + random.below(26)));
            if (index.contains(name)) continue;
            if (random.chance(0.7))
                stay.push_back(add(name));
            else
                add("_" + std::to_string(comers++));
        }
        list_query q;
        q.by = static_cast<list_query::sort>(random.below(3));
        q.ascending = random.chance(0.5);
        q.max = static_cast<std::size_t>(random.between(1, 7));
        if (random.chance(0.3)) q.created_after = noon + 3s;
        if (random.chance(0.3)) q.created_before = noon + 9s;
        if (random.chance(0.3)) q.modified_after = noon + 5s;
        if (random.chance(0.3)) q.name_contains = "a";
        if (random.chance(0.3)) q.status_equals = "B";
        q.status_after_cut = random.chance(0.5);
        std::vector<std::string> expected;
        for (const thing& t : stay) {
            if (q.created_after && t.created <= *q.created_after) continue;
            if (q.created_before && t.created >= *q.created_before) continue;
            if (q.modified_after && t.modified <= *q.modified_after) continue;
            if (q.status_equals && t.state != *q.status_equals) continue;
            if (t.name.find(q.name_contains) != std::string::npos) expected.push_back(t.name);
        }
        std::vector<std::string> got;
        for (int pages = 0;; ++pages) {
            ASSERT_LT(pages, 200);
            const auto page = index.list(q, now);
            ASSERT_TRUE(page);
            for (const std::string& name : names(*page))
                if (name[0] != '_') got.push_back(name);
            if (page->next_token.empty()) break;
            q.token = page->next_token;
            if (random.chance(0.3)) index.erase("_" + std::to_string(random.below(12)));
            if (random.chance(0.3)) add("_" + std::to_string(100 + comers++));
        }
        ASSERT_EQ((std::set<std::string>{got.begin(), got.end()}.size()), got.size());
        ASSERT_THAT(got, testing::UnorderedElementsAreArray(expected));
        if (q.by == list_query::sort::name) {
            auto sorted = expected;
            std::sort(sorted.begin(), sorted.end());
            if (!q.ascending) std::reverse(sorted.begin(), sorted.end());
            ASSERT_EQ(got, sorted);
        }
        if (q.by == list_query::sort::creation_time) {
            if (!q.ascending) std::reverse(expected.begin(), expected.end());
            ASSERT_EQ(got, expected);
        }
    }
}

TEST(quota_book, all_types_together_have_a_limit_of_their_own) {
    const account_id a{"111122223333"}, b{"222233334444"};
    const region_name r{"eu-west-1"};
    quota_book book{4, {{"111122223333/*/total/training job usage", 6}}};
    EXPECT_FALSE(book.take(a, r, instance_use::training, {{"ml.m5.large", 4}}));
    const auto over = book.take(a, r, instance_use::training, {{"ml.g5.xlarge", 3}});
    ASSERT_TRUE(over);
    EXPECT_EQ(over->quota, "Number of instances across training jobs");
    EXPECT_EQ(over->limit, 6);
    EXPECT_EQ(over->in_use, 4);
    EXPECT_EQ(over->delta, 3);
    EXPECT_FALSE(book.take(a, r, instance_use::training, {{"ml.g5.xlarge", 2}}));
    EXPECT_FALSE(book.take(a, r, instance_use::spot_training, {{"ml.g5.xlarge", 4}}));
    EXPECT_FALSE(book.take(b, r, instance_use::training, {{"ml.g5.xlarge", 4}, {"ml.m5.large", 4}}));
    book.give_back(a, r, instance_use::training, {{"ml.m5.large", 4}});
    EXPECT_FALSE(book.take(a, r, instance_use::training, {{"ml.g5.2xlarge", 4}}));
    EXPECT_EQ(book.limit(b, r, std::string{total_type}, instance_use::training), no_limit);
    book.set_limit(b, r, std::string{total_type}, instance_use::training, 8);
    EXPECT_TRUE(book.take(b, r, instance_use::training, {{"ml.p4d.24xlarge", 1}}));
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
