// Globs, request rates and fault rules as values.
#include "aws/local/gate/gate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <sstream>
#include <vector>

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;

const wall_time start = from_unix_millis(1'764'000'000'000);

TEST(glob, matches) {
    const auto yes = {std::pair{"*", ""},  {"*", "a"},     {"a*c", "abc"},
                      {"a*c", "ac"},       {"a?c", "abc"}, {"*b*", "abc"},
                      {"a*b*c", "axbxbc"}, {"", ""},       {"Create*Job", "CreateTrainingJob"}};
    for (const auto& [p, t] : yes) EXPECT_TRUE(glob_matches(p, t)) << p << " " << t;
    const auto no = {
        std::pair{"", "a"},        {"a", ""}, {"a?c", "ac"}, {"a*c", "abd"}, {"a", "aa"}, {"*b", "abc"},
        {"Create*Job", "CreateJo"}};
    for (const auto& [p, t] : no) EXPECT_FALSE(glob_matches(p, t)) << p << " " << t;
}

TEST(glob, many_stars_take_no_time) {
    EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(10'000, 'a')));
}

struct rate_case {
    const char* text;
    const char* want;  // "name per_second burst", or "! " and part of the reason
};

class rate_settings : public testing::TestWithParam<rate_case> {};

TEST_P(rate_settings, are_read) {
    const auto r = parse_rate_setting(GetParam().text);
    const std::string want = GetParam().want;
    if (want.starts_with("! ")) {
        ASSERT_FALSE(r.has_value());
        EXPECT_THAT(r.error().message, HasSubstr(want.substr(2)));
        return;
    }
    ASSERT_TRUE(r.has_value()) << r.error().message;
    std::ostringstream out;
    out << r->name << " " << r->value.per_second << " " << r->value.burst;
    EXPECT_EQ(out.str(), want);
}

INSTANTIATE_TEST_SUITE_P(
    table, rate_settings,
    testing::Values(
        rate_case{"sqs.SendMessage=10", "sqs.SendMessage 10 10"},
        rate_case{"sqs.SendMessage=0.5", "sqs.SendMessage 0.5 1"},
        rate_case{"sagemaker.Create*=1/5", "sagemaker.Create* 1 5"}, rate_case{"iam.*=0", "iam.* 0 1"},
        rate_case{"sqs.SendMessage", "! N[/burst]"}, rate_case{"sqs.SendMessage=", "! N[/burst]"},
        rate_case{"sqs.SendMessage=x", "! N[/burst]"}, rate_case{"sqs.SendMessage=-1", "! 0 to 1e9"},
        rate_case{"sqs.SendMessage=1e10", "! 0 to 1e9"}, rate_case{"sqs.SendMessage=nan", "! N[/burst]"},
        rate_case{"sqs.SendMessage=1/0.5", "! burst must be 1"},
        rate_case{"sqs.SendMessage=1/x", "! must be a number"},
        rate_case{"s3.PutObject=1", "! names no service"}, rate_case{"sqs=1", "! no operation"},
        rate_case{"sqs.=1", "! no operation"}, rate_case{"sqs.S*d=1", "! no operation"}));

call_site site(std::string_view service, std::string_view operation, std::string_view resource = "",
               std::string_view region = "us-east-1") {
    return {service, operation, "111122223333", region, resource};
}

double per_second(const rate_table& t, const call_site& c, bool fast = false) {
    const auto r = t.find(c, fast);
    return r ? r->per_second : -1;
}

TEST(rate_table, knows_aws_s_rates_when_asked) {
    rate_table t;
    EXPECT_TRUE(t.empty());
    EXPECT_EQ(per_second(t, site("sagemaker", "CreateTrainingJob")), -1);
    t.use_defaults(true);
    EXPECT_EQ(per_second(t, site("sagemaker", "CreateTrainingJob")), 1);
    EXPECT_EQ(per_second(t, site("sagemaker", "StartPipelineExecution")), 1);
    EXPECT_EQ(per_second(t, site("sagemaker", "DescribeProcessingJob")), 5);
    EXPECT_EQ(per_second(t, site("sagemaker", "ListTrainingJobs")), 2);
    EXPECT_EQ(per_second(t, site("sqs", "SendMessage", "q")), -1);
    EXPECT_EQ(per_second(t, site("sqs", "SendMessageBatch", "q.fifo")), 300);
    EXPECT_EQ(per_second(t, site("sqs", "ReceiveMessage", "q.fifo"), true), 70'000);
    EXPECT_EQ(per_second(t, site("sqs", "ReceiveMessage", "q.fifo", "eu-south-1"), true), 2'400);
    EXPECT_EQ(per_second(t, site("sqs", "GetQueueAttributes", "q.fifo")), -1);
    EXPECT_EQ(per_second(t, site("sts", "AssumeRole")), 600);
    EXPECT_EQ(per_second(t, site("events", "PutRule")), 5);
    EXPECT_EQ(per_second(t, site("servicequotas", "ListServiceQuotas")), 10);
}

TEST(rate_table, the_most_exact_setting_wins) {
    rate_table t;
    t.use_defaults(true);
    for (const char* text : {"sagemaker.*=7", "sagemaker.Create*=8", "sagemaker.CreateTrainingJob=9"})
        ASSERT_TRUE(t.set(*parse_rate_setting(text)).has_value());
    EXPECT_EQ(per_second(t, site("sagemaker", "CreateTrainingJob")), 9);
    EXPECT_EQ(per_second(t, site("sagemaker", "CreateModel")), 8);
    EXPECT_EQ(per_second(t, site("sagemaker", "ListModels")), 7);
    EXPECT_TRUE(t.erase("sagemaker.*"));
    EXPECT_FALSE(t.erase("sagemaker.*"));
    EXPECT_EQ(per_second(t, site("sagemaker", "ListModels")), 2);
}

TEST(rate_table, is_bounded) {
    rate_table t;
    rate_setting s;
    for (std::size_t i = 0; i < rate_settings_max; ++i) {
        s.name = "sqs.A" + std::to_string(i);
        ASSERT_TRUE(t.set(s).has_value());
    }
    ASSERT_TRUE(t.set(s).has_value()) << "one that is there may change";
    s.name = "sqs.B";
    EXPECT_EQ(t.set(s).error().code, errc::limit);
}

TEST(rate_store, a_bucket_for_each_account_region_operation_and_queue) {
    rate_store store;
    const rate one{1, 1};
    const mono_time now{};
    call_site c = site("sqs", "SendMessage", "q");
    EXPECT_TRUE(store.take(c, one, now));
    EXPECT_FALSE(store.take(c, one, now));
    c.resource = "r";
    EXPECT_TRUE(store.take(c, one, now));
    c.region = "eu-west-1";
    EXPECT_TRUE(store.take(c, one, now));
    c.account = "999988887777";
    EXPECT_TRUE(store.take(c, one, now));
    c.operation = "ReceiveMessage";
    EXPECT_TRUE(store.take(c, one, now));
    // Outside SQS the resource does not count.
    EXPECT_TRUE(store.take(site("sagemaker", "CreateTrainingJob", "a"), one, now));
    EXPECT_FALSE(store.take(site("sagemaker", "CreateTrainingJob", "b"), one, now));
    EXPECT_EQ(store.buckets(), 6U);
}

TEST(rate_store, a_rate_of_nothing_refuses_everything) {
    rate_store store;
    EXPECT_FALSE(store.take(site("sqs", "SendMessage"), {0, 1}, mono_time{}));
}

TEST(rate_store, forgets_the_bucket_used_longest_ago) {
    rate_store store{2};
    const rate one{1, 1};
    const mono_time now{};
    const auto a = site("sqs", "A"), b = site("sqs", "B"), c = site("sqs", "C");
    EXPECT_TRUE(store.take(a, one, now));
    EXPECT_TRUE(store.take(b, one, now));
    EXPECT_FALSE(store.take(a, one, now));
    EXPECT_TRUE(store.take(c, one, now));  // b is forgotten
    EXPECT_FALSE(store.take(a, one, now));
    EXPECT_TRUE(store.take(b, one, now));
    EXPECT_EQ(store.buckets(), 2U);
    store.forget_all();
    EXPECT_TRUE(store.take(a, one, now));
}

// In any span of time, however calls fall, no more pass than the burst and the rate allow; and a caller who
// keeps to the rate is never refused.
TEST(rate_store, lets_no_more_pass_than_burst_and_rate) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        rng random{seed};
        const auto per = static_cast<double>(random.between(1, 50));
        const auto burst = static_cast<double>(random.between(1, 20));
        rate_store store;
        const rate limit{per, burst};
        const call_site c = site("sts", "AssumeRole");
        mono_time now{};
        std::vector<mono_time> passed;
        for (int i = 0; i < 200; ++i) {
            now += std::chrono::milliseconds{random.between(0, 100)};
            if (store.take(c, limit, now)) passed.push_back(now);
        }
        ASSERT_FALSE(passed.empty());
        for (std::size_t i = 0; i < passed.size(); ++i)
            for (std::size_t j = i; j < passed.size(); ++j) {
                const double span = std::chrono::duration<double>(passed[j] - passed[i]).count();
                ASSERT_LE(static_cast<double>(j - i + 1), burst + per * span + 1e-6) << "seed " << seed;
            }
        for (int i = 0; i < 20; ++i) {
            now += duration{static_cast<std::int64_t>(1e9 / per) + 1};
            ASSERT_TRUE(store.take(c, limit, now)) << "seed " << seed;
        }
    }
}

result<std::vector<fault_rule>> rules_of(const std::string& text) {
    const auto document = json::document::parse(text);
    EXPECT_TRUE(document.has_value()) << text;
    return read_fault_rules(document->root());
}

class wrong_rules : public testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(wrong_rules, say_where_and_why) {
    const auto rules = rules_of(GetParam().first);
    ASSERT_FALSE(rules.has_value());
    EXPECT_THAT(rules.error().message, HasSubstr(GetParam().second));
}

using wrong = std::pair<const char*, const char*>;
INSTANTIATE_TEST_SUITE_P(
    table, wrong_rules,
    testing::Values(
        wrong{R"({})", "/faults: must be a list"}, wrong{R"([1])", "/0: a rule must be an object"},
        wrong{R"([{}])", "/0/effect: a rule has an effect or a latency"},
        wrong{R"([{"effect":"explode"}])", "/0/effect: must be one of none, throttle"},
        wrong{R"([{"effect":7}])", "/0/effect: must be a text"},
        wrong{R"([{"effect":"closed"},{"effect":"closed","operations":"x"}])",
              "/1/operations: is not one of name"},
        wrong{R"([{"effect":"closed","name":"a b"}])", "/0/name: must be 1 to 64"},
        wrong{R"([{"effect":"closed","name":"a"},{"effect":"closed","name":"a"}])", "/1/name: 'a' is there"},
        wrong{R"([{"effect":"closed","probability":1.5}])", "/0/probability: must be 0 to 1"},
        wrong{R"([{"effect":"closed","first":0}])", "/0/first: must be an integer above 0"},
        wrong{R"([{"effect":"closed","every":"2"}])", "/0/every: must be"},
        wrong{R"([{"effect":"closed","seed":-1}])", "/0/seed"},
        wrong{R"([{"effect":"closed","from":"yesterday"}])", "/0/from: must be a time"},
        wrong{R"([{"latency_ms":60001}])", "/0/latency_ms: must be milliseconds"},
        wrong{R"([{"latency_ms":[5,4]}])", "/0/latency_ms"},
        wrong{R"([{"latency_ms":[1,2,3]}])", "/0/latency_ms"},
        wrong{R"([{"effect":"error"}])", "/0/error: must be an object"},
        wrong{R"([{"effect":"closed","error":{"code":"x"}}])", "/0/error: must be an object when, and only"},
        wrong{R"([{"effect":"error","error":{}}])", "/0/error/code: must be there"},
        wrong{R"([{"effect":"error","error":{"code":"a b"}}])", "/0/error/code: must be printable"},
        wrong{R"([{"effect":"error","error":{"code":"a","status":200}}])",
              "/0/error/status: must be an HTTP"},
        wrong{R"({"faults":[{"service":""}]})", "/faults/0/service: must be a text of 1"}));

TEST(fault_rules, are_written_as_they_were_read) {
    const std::string text =
        R"([{"name":"a","service":"sqs","operation":"Send*","account":"1*","region":"us-?","resource":"q",)"
        R"("from":"2025-01-01T00:00:00Z","until":"2026-01-01T00:00:00Z","first":3,"every":2,)"
        R"("probability":0.5,"seed":9,"effect":"error","error":{"code":"X","status":418,"message":"m"},)"
        R"("latency_ms":[1,20]}])";
    const auto rules = rules_of(text);
    ASSERT_TRUE(rules.has_value()) << rules.error().message;
    json::writer out;
    out.begin_array();
    write_fault_rule(out, rules->front());
    out.end_object().end_array();
    EXPECT_EQ(out.take(), text);
}

TEST(fault_rules, are_bounded) {
    std::string text = "[";
    for (std::size_t i = 0; i <= fault_rules_max; ++i)
        text += std::string{i ? "," : ""} + R"({"effect":"closed"})";
    EXPECT_EQ(rules_of(text + "]").error().code, errc::limit);
    fault_store store;
    fault_rule rule;
    for (std::size_t i = 0; i < fault_rules_max; ++i) {
        rule.name = "r" + std::to_string(i);
        ASSERT_TRUE(store.put(rule).has_value());
    }
    ASSERT_TRUE(store.put(rule).has_value()) << "one that is there may change";
    rule.name = "more";
    EXPECT_EQ(store.put(rule).error().code, errc::limit);
    EXPECT_TRUE(store.erase("r0"));
    EXPECT_TRUE(store.put(rule).has_value());
}

// Which of `calls` calls fire: "x" fires, "." does not.
std::string pattern(const std::string& rule, int calls, std::chrono::seconds between = 0s) {
    fault_store store;
    auto rules = rules_of("[" + rule + "]");
    EXPECT_TRUE(rules.has_value());
    EXPECT_TRUE(store.put(rules->front()).has_value());
    std::string out;
    for (int i = 0; i < calls; ++i)
        out += store.decide(site("sqs", "SendMessage", "q"), start + i * between).rule ? 'x' : '.';
    EXPECT_EQ(store.rules()[0].fired, std::count(out.begin(), out.end(), 'x'));
    return out;
}

TEST(fault_store, fires_as_often_as_the_rule_says) {
    EXPECT_EQ(pattern(R"({"effect":"closed"})", 4), "xxxx");
    EXPECT_EQ(pattern(R"({"effect":"closed","first":2})", 4), "xx..");
    EXPECT_EQ(pattern(R"({"effect":"closed","every":3})", 7), "..x..x.");
    EXPECT_EQ(pattern(R"({"effect":"closed","first":5,"every":2})", 8), ".x.x....");
    EXPECT_EQ(pattern(R"({"effect":"closed","probability":0})", 4), "....");
    EXPECT_EQ(pattern(R"({"effect":"closed","operation":"Receive*"})", 2), "..");
    EXPECT_EQ(pattern(R"({"effect":"closed","resource":"r"})", 2), "..");
    EXPECT_EQ(pattern(R"({"effect":"closed","account":"1111*","region":"us-east-?","service":"s?s"})", 2),
              "xx");
    EXPECT_EQ(pattern(R"({"effect":"closed","from":")" + to_iso8601(start + 1s) + R"(","until":")" +
                          to_iso8601(start + 3s) + R"("})",
                      5, 1s),
              ".xx..");
    const std::string half = pattern(R"({"effect":"closed","probability":0.5,"seed":7})", 1000);
    EXPECT_EQ(half, pattern(R"({"effect":"closed","probability":0.5,"seed":7})", 1000)) << "the seed decides";
    EXPECT_NE(half, pattern(R"({"effect":"closed","probability":0.5,"seed":8})", 1000));
    EXPECT_NEAR(static_cast<double>(std::count(half.begin(), half.end(), 'x')), 500, 100);
}

TEST(fault_store, the_first_rule_that_fires_counts_the_call) {
    fault_store store;
    for (auto& rule :
         *rules_of(R"([{"name":"a","effect":"closed","first":1},{"name":"b","effect":"throttle"}])"))
        ASSERT_TRUE(store.put(rule).has_value());
    EXPECT_EQ(store.decide(site("sqs", "X"), start).rule->name, "a");
    EXPECT_EQ(store.decide(site("sqs", "X"), start).rule->name, "b");
    EXPECT_EQ(store.rules()[0].matched, 2);
    EXPECT_EQ(store.rules()[1].matched, 1);
}

TEST(fault_store, draws_latency_within_its_range) {
    fault_store store;
    ASSERT_TRUE(store.put(rules_of(R"([{"latency_ms":[5,8]}])")->front()).has_value());
    std::map<std::int64_t, int> seen;
    for (int i = 0; i < 1000; ++i) ++seen[store.decide(site("sqs", "X"), start).latency.count()];
    EXPECT_EQ(seen.size(), 4U);
    EXPECT_EQ(seen.begin()->first, 5);
    EXPECT_EQ(seen.rbegin()->first, 8);
}

}  // namespace
}  // namespace trainyard::aws::local
