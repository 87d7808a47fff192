#include "scheduler/sim/read.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace trainyard::sim {
namespace {

using testing::HasSubstr;

const std::string swf_head = "; Version: 2.2\n; MaxProcs: 100\n\n";

read_options named(const std::string& file) {
    read_options o;
    o.file = file;
    return o;
}
read_options with_columns(std::map<std::string, std::string> columns) {
    read_options o = named("f.csv");
    o.columns = std::move(columns);
    return o;
}
std::string problem(const result<workload>& w) {
    return w ? std::string{"none"} : w.error().message;
}

TEST(sim_read_swf, takes_requested_processors_and_falls_back_to_allocated) {
    const auto w = read_swf(swf_head +
                                "  1 10 -1 100 4 -1 -1 8 200 -1 1 7 3 -1 2 5 -1 -1\n"
                                "2 20 -1 50 4 -1 -1 -1 -1 -1 1 -1 -1 -1 -1 -1 -1 -1 ; said at the end\n",
                            named("log.swf"));
    ASSERT_TRUE(w) << problem(w);
    ASSERT_EQ(w->jobs.size(), 2U);
    const job &a = w->jobs[0], &b = w->jobs[1];
    EXPECT_EQ(a.name, "1");
    EXPECT_EQ(a.submit, 10s);
    EXPECT_EQ(a.run, 100s);
    EXPECT_EQ(a.requested, 200s);
    EXPECT_EQ(a.units(), 8);
    EXPECT_EQ(w->tenants[a.tenant], "user-7");
    EXPECT_EQ(w->classes[a.job_class], "queue-2");
    EXPECT_EQ(b.units(), 4);
    EXPECT_EQ(b.requested, duration::zero());
    EXPECT_EQ(w->tenants[b.tenant], "none");
}

TEST(sim_read_swf, the_tenant_is_the_field_that_is_asked_for) {
    const std::string line = "1 10 -1 100 4 -1 -1 8 200 -1 1 7 3 -1 2 5 -1 -1\n";
    const auto name = [&](swf_tenant t) {
        read_options o;
        o.tenant = t;
        const auto w = read_swf(line, o);
        return w ? w->tenants[0] : problem(w);
    };
    EXPECT_EQ(name(swf_tenant::group), "group-3");
    EXPECT_EQ(name(swf_tenant::queue), "queue-2");
    EXPECT_EQ(name(swf_tenant::partition), "partition-5");
    EXPECT_EQ(name(swf_tenant::none), "all");
}

TEST(sim_read_swf, sorts_by_submission_and_keeps_the_order_of_equals) {
    const auto line = [](int id, int submit) {
        return std::to_string(id) + " " + std::to_string(submit) +
               " -1 1 1 -1 -1 1 1 -1 1 1 1 -1 1 1 -1 -1\n";
    };
    const auto w = read_swf(line(5, 9) + line(1, 3) + line(4, 3) + line(2, 3), {});
    ASSERT_TRUE(w);
    std::string order;
    for (const job& j : w->jobs) order += j.name + " ";
    EXPECT_EQ(order, "1 2 4 5 ");  // logs of simulators stand in the order of ends: the number decides
}

TEST(sim_read_swf, leaves_out_what_never_ran_and_says_which) {
    const auto w = read_swf(
        "1 10 -1 -1 4 -1 -1 8 1 -1 0 1 1 -1 1 1 -1 -1\n"
        "2 10 -1 5 -1 -1 -1 -1 1 -1 0 1 1 -1 1 1 -1 -1\n"
        "3 10 -1 5 1 -1 -1 -1 1 -1 0 1 1 -1 1 1 -1 -1\n",
        named("x.swf"));
    ASSERT_TRUE(w);
    EXPECT_EQ(w->jobs.size(), 1U);
    EXPECT_EQ(w->left_out, 2U);
    EXPECT_EQ(w->why_left_out, "x.swf:1: no run time");
}

TEST(sim_read_swf, errors_name_the_line) {
    const read_options o = named("x.swf");
    EXPECT_EQ(problem(read_swf(swf_head + "1 2 three\n", o)), "x.swf:4: 'three' is no number");
    EXPECT_EQ(problem(read_swf("1 2 3\n", o)), "x.swf:1: 3 numbers where the format has 18");
    EXPECT_THAT(problem(read_swf("1 1e30 -1 1 1 -1 -1 1 1 -1 1 1 1 -1 1 1 -1 -1\n", o)),
                HasSubstr("x.swf:1: field 2"));
    EXPECT_THAT(problem(read_swf("1 1 -1 1 1 -1 -1 1e12 1 -1 1 1 1 -1 1 1 -1 -1\n", o)),
                HasSubstr("processors"));
    EXPECT_THAT(problem(read_swf("1 nan -1 1 1 -1 -1 1 1 -1 1 1 1 -1 1 1 -1 -1\n", o)),
                HasSubstr("'nan' is no number"));
    EXPECT_EQ(problem(read_swf(swf_head, o)), "x.swf: holds no job to simulate");
    EXPECT_THAT(problem(read_swf(std::string(line_bytes_max + 1, ' '), o)), HasSubstr("longer than"));
}

TEST(sim_read_csv, finds_columns_by_their_usual_names) {
    const auto w =
        read_csv("job_id,submit_s,duration_s,gpus,vc\r\n0,45,30,1,6214e9\r\n1,115,61.5,8,11cb48\r\n", {});
    ASSERT_TRUE(w) << problem(w);
    ASSERT_EQ(w->jobs.size(), 2U);
    EXPECT_EQ(w->jobs[1].name, "1");
    EXPECT_EQ(w->jobs[1].run, 61500ms);
    EXPECT_EQ(w->jobs[1].units(), 8);
    EXPECT_EQ(w->tenants[w->jobs[1].tenant], "11cb48");
}

TEST(sim_read_csv, takes_columns_as_they_are_mapped) {
    const std::string text = "a,b,c,d\nx,5,7,2026-01-01T00:00:10Z\n";
    const auto w =
        read_csv(text, with_columns({{"job", "a"}, {"run", "b"}, {"units", "c"}, {"submit", "d"}}));
    ASSERT_TRUE(w) << problem(w);
    EXPECT_EQ(w->jobs[0].run, 5s);
    EXPECT_EQ(w->jobs[0].units(), 7);
    EXPECT_EQ(w->jobs[0].submit, std::chrono::seconds{1'767'225'610});
    EXPECT_THAT(problem(read_csv(text, with_columns({{"colour", "a"}}))),
                HasSubstr("there is no field 'colour'; the fields are job, submit, run"));
    EXPECT_THAT(problem(read_csv(text, with_columns({{"run", "z"}}))),
                HasSubstr("f.csv:1: there is no column 'z' for run; the columns are a, b, c, d"));
    EXPECT_THAT(problem(read_csv(text, {})), HasSubstr("no column for submit"));
}

TEST(sim_read_csv, the_run_time_may_be_the_time_between_start_and_end) {
    const auto w =
        read_csv("name,creation_time,deletion_time,scheduled_time,num_gpu\np0,0,100,40,1\np1,5,90,,1\n", {});
    ASSERT_TRUE(w) << problem(w);
    ASSERT_EQ(w->jobs.size(), 1U);
    EXPECT_EQ(w->jobs[0].run, 60s);
    EXPECT_EQ(w->left_out, 1U);
}

TEST(sim_read_csv, quotes_are_those_of_rfc_4180) {
    const auto w = read_csv("job,submit,run,tenant\n\"a,\"\"b\"\"\",1,2,\"two\nlines\"\nc,3,4,d\n", {});
    ASSERT_TRUE(w) << problem(w);
    EXPECT_EQ(w->jobs[0].name, "a,\"b\"");
    EXPECT_EQ(w->tenants[0], "two\nlines");
    const read_options o = named("f");
    EXPECT_EQ(problem(read_csv("job,submit,run\n\"a,1,2\n", o)), "f:2: a quote is not closed");
    EXPECT_EQ(problem(read_csv("job,submit,run\n\"a\"x,1,2\n", o)), "f:2: text behind a closing quote");
    EXPECT_EQ(problem(read_csv("job,submit,run\n\"a\nb\",1,2\nc,x,2\n", o)),
              "f:4: column 2: 'x' is no time (seconds or ISO 8601)");
}

TEST(sim_read_csv, errors_name_line_and_column) {
    const read_options o = named("f");
    const std::string head = "job,submit,run,units,priority,max_attempts\n";
    EXPECT_EQ(problem(read_csv(head + "a,1,2,3,0\n", o)), "f:2: 5 fields where the header has 6");
    EXPECT_EQ(problem(read_csv(head + "a,1,2,3,0,1\nb,1,2,1.5,0,1\n", o)),
              "f:3: column 4: '1.5' is no whole number from 0 to 2147483648");
    EXPECT_THAT(problem(read_csv(head + "a,1,2,-1,0,1\n", o)), HasSubstr("column 4"));
    EXPECT_THAT(problem(read_csv(head + "a,1,2,1,urgent,1\n", o)), HasSubstr("'urgent' is no whole number"));
    EXPECT_THAT(problem(read_csv(head + "a,1,2,1,0,0\n", o)), HasSubstr("column 6: '0'"));
    EXPECT_THAT(problem(read_csv("", o)), HasSubstr("is empty"));
    EXPECT_THAT(problem(read_csv(head, o)), HasSubstr("holds no job"));
    const auto high = read_csv(head + "a,1,2,1,high,1\n", o);
    ASSERT_TRUE(high);
    EXPECT_EQ(high->jobs[0].priority, 200);
}

const std::string request =
    R"("request":{"AlgorithmSpecification":{"TrainingImage":"i","TrainingInputMode":"File"},)"
    R"("RoleArn":"arn:aws:iam::123456789012:role/x","OutputDataConfig":{"S3OutputPath":"s3://b"},)"
    R"("ResourceConfig":{"InstanceType":"ml.g5.2xlarge","InstanceCount":2,"VolumeSizeInGB":1},)"
    R"("StoppingCondition":{"MaxRuntimeInSeconds":7200}})";

TEST(sim_read_jsonl, a_message_is_read_by_the_production_code) {
    const auto w =
        read_jsonl(R"({"kind":"training","name":"n","tenant":"vision/a","priority":"high","pools":["p"],)"
                   R"("preemptible":true,"max_attempts":3,"submit":5,"run":60,)" +
                       request + "}\n",
                   {});
    ASSERT_TRUE(w) << problem(w);
    const job& j = w->jobs[0];
    EXPECT_EQ(w->tenants[j.tenant], "vision/a");
    EXPECT_EQ(w->classes[j.job_class], "high");
    EXPECT_EQ(j.priority, 200);
    EXPECT_EQ(j.max_attempts, 3);
    EXPECT_TRUE(j.preemptible);
    EXPECT_EQ(j.requested, 7200s);
    ASSERT_EQ(j.needs.size(), 1U);
    EXPECT_EQ(w->resources[j.needs[0].resource], "ml.g5.2xlarge");
    EXPECT_EQ(j.units(), 2);
    EXPECT_EQ(w->pools[j.pools.at(0)], "p");
    const auto wrong = read_jsonl(R"({"submit":5,"run":60,"kind":"baking",)" + request + "}\n", named("f"));
    EXPECT_THAT(problem(wrong), HasSubstr("f:1: /kind 'baking' is not one of"));
}

TEST(sim_read_jsonl, plain_objects_state_units_or_a_demand) {
    const auto w = read_jsonl(
        "{\"job\":\"a\",\"tenant\":\"t\",\"units\":3,\"submit\":1,\"run\":2,\"priority\":7}\n\n"
        "{\"job\":\"b\",\"demand\":{\"x\":1,\"y\":2},\"submit\":2,\"start\":5,\"end\":9.5}\n"
        "{\"job\":\"c\",\"demand\":[{\"resource\":\"x\",\"instances\":4},{\"resource\":\"x\",\"instances\":1}"
        "],"
        "\"submit\":3,\"run\":1,\"depends_on\":[\"a\",\"b\"]}\n"
        "{\"summary\":{\"policy\":\"easy\"}}\n",
        {});
    ASSERT_TRUE(w) << problem(w);
    ASSERT_EQ(w->jobs.size(), 3U);
    EXPECT_EQ(w->jobs[0].priority, 7);
    EXPECT_EQ(w->jobs[1].run, 4500ms);
    EXPECT_EQ(w->jobs[1].units(), 3);
    EXPECT_EQ(w->jobs[2].units(), 5);
    EXPECT_EQ(w->jobs[2].depends_on, (std::vector<index>{0, 1}));
}

TEST(sim_read_jsonl, errors_name_the_line) {
    const read_options o = named("f");
    EXPECT_THAT(problem(read_jsonl("{\"job\":1,}\n", o)), HasSubstr("f:1: "));
    EXPECT_EQ(problem(read_jsonl("[1]\n", o)), "f:1: must be a JSON object");
    EXPECT_THAT(problem(read_jsonl("{\"submit\":\"soon\",\"run\":1,\"units\":1}\n", o)),
                HasSubstr("f:1: \"submit\" is no time"));
    EXPECT_THAT(problem(read_jsonl("{\"submit\":1,\"run\":1,\"units\":-1}\n", o)),
                HasSubstr("whole numbers from 0"));
    EXPECT_THAT(problem(read_jsonl("{\"submit\":1,\"run\":1,\"units\":1,\"depends_on\":[\"z\"]}\n", o)),
                HasSubstr("f:1: depends on 'z', which no line above names"));
    EXPECT_THAT(problem(read_jsonl("{\"job\":\"z\",\"submit\":9,\"run\":1,\"units\":1}\n"
                                   "{\"submit\":1,\"run\":1,\"units\":1,\"depends_on\":[\"z\"]}\n",
                                   o)),
                HasSubstr("f:2: depends on 'z', which is submitted later"));
    EXPECT_THAT(problem(read_jsonl("{\"submit\":1,\"units\":1}\n", o)),
                HasSubstr("holds no job to simulate; 1 were left out, the first: f:1: no \"run\" time"));
    EXPECT_THAT(problem(read_jsonl("{\"submit\":1,\"run\":1,\"units\":1,\"priority\":\"odd\"}\n", o)),
                HasSubstr("there is no priority 'odd'"));
}

}  // namespace
}  // namespace trainyard::sim
