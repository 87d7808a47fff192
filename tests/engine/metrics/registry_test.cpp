#include "engine/metrics/registry.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace trainyard::metrics {
namespace {

using ::testing::HasSubstr;

TEST(registry, renders_what_was_counted) {
    registry r;
    const counter jobs = r.get_counter("jobs_total", "Jobs that ended.", {{"account", "a"}});
    jobs.add();
    jobs.add(2);
    r.get_counter("jobs_total", "Jobs that ended.", {{"account", "a"}}).add();
    const gauge depth = r.get_gauge("queue_depth", "Messages waiting.");
    depth.set(7);
    depth.add(-2);
    const histogram seconds = r.get_histogram("call_seconds", "Time of one call.", {0.1, 1});
    seconds.observe(0.05);
    seconds.observe(0.5);
    seconds.observe(5);
    const std::string text = r.text();
    EXPECT_THAT(text, HasSubstr("# HELP trainyard_jobs_total Jobs that ended.\n"));
    EXPECT_THAT(text, HasSubstr("# TYPE trainyard_jobs_total counter\n"));
    EXPECT_THAT(text, HasSubstr("trainyard_jobs_total{account=\"a\"} 4\n"));
    EXPECT_THAT(text, HasSubstr("trainyard_queue_depth 5\n"));
    EXPECT_THAT(text, HasSubstr("trainyard_call_seconds_bucket{le=\"0.1\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("trainyard_call_seconds_bucket{le=\"1\"} 2\n"));
    EXPECT_THAT(text, HasSubstr("trainyard_call_seconds_count 3\n"));
}

TEST(registry, label_sets_beyond_the_bound_share_one) {
    registry r;
    const std::size_t asked = label_sets_max + 10;
    for (std::size_t i = 0; i < asked; ++i)
        r.get_counter("calls_total", "Calls.", {{"queue", "q" + std::to_string(i)}}).add();
    r.get_counter("calls_total", "Calls.", {{"queue", "q0"}}).add();
    const std::string text = r.text();
    std::size_t lines = 0;
    for (auto at = text.find("trainyard_calls_total{"); at != std::string::npos;
         at = text.find("trainyard_calls_total{", at + 1))
        ++lines;
    EXPECT_EQ(lines, label_sets_max);
    EXPECT_THAT(text, HasSubstr("trainyard_calls_total{queue=\"other\"} 11\n"));
    EXPECT_THAT(text, HasSubstr("trainyard_calls_total{queue=\"q0\"} 2\n"))
        << "a known set keeps its own metric";
    r.get_counter("more_total", "Another family.", {{"queue", "new"}}).add();
    EXPECT_THAT(r.text(), HasSubstr("trainyard_more_total{queue=\"new\"} 1\n")) << "the bound is per family";
}

TEST(registry, refreshers_run_before_each_rendering) {
    registry r;
    const gauge g = r.get_gauge("renderings", "Renderings so far.");
    r.on_render([g] { g.add(1); });
    EXPECT_THAT(r.text(), HasSubstr("trainyard_renderings 1\n"));
    EXPECT_THAT(r.text(), HasSubstr("trainyard_renderings 2\n"));
}

TEST(registry, counts_from_many_threads) {
    registry r;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&r] {
            const counter c = r.get_counter("sum_total", "Sum.", {{"k", "v"}});
            for (int i = 0; i < 1000; ++i) c.add();
        });
    for (std::thread& t : threads) t.join();
    EXPECT_THAT(r.text(), HasSubstr("trainyard_sum_total{k=\"v\"} 4000\n"));
}

TEST(registry_death, names_follow_the_rules) {
    registry r;
    EXPECT_DEATH(r.get_counter("jobs", "Jobs."), "_total");
    EXPECT_DEATH(r.get_gauge("jobs_total", "Jobs."), "_total");
    EXPECT_DEATH(r.get_counter("jobs_total", ""), "help");
}

TEST(registry, promtool_has_nothing_to_say) {
    if (std::system("command -v promtool >/dev/null 2>&1") != 0)
        GTEST_SKIP() << "promtool is not installed (package prometheus)";
    registry r;
    r.get_counter("jobs_total", "Jobs that ended.", {{"account", "a\"b\\c\nd"}}).add();
    r.get_gauge("queue_depth", "Messages waiting.").set(1);
    r.get_histogram("call_seconds", "Time of one call.", {0.1, 1}, {{"call", "x"}}).observe(0.5);
    const auto base =
        std::filesystem::temp_directory_path() / ("trainyard-metrics-" + std::to_string(::getpid()));
    const std::string text_file = base.string() + ".txt", said_file = base.string() + ".said";
    std::ofstream(text_file) << r.text();
    const std::string command = "promtool check metrics <" + text_file + " >" + said_file + " 2>&1";
    const int status = std::system(command.c_str());
    std::string said;
    std::getline(std::ifstream(said_file), said, '\0');
    std::filesystem::remove(text_file);
    std::filesystem::remove(said_file);
    EXPECT_EQ(status, 0) << said;
    EXPECT_EQ(said, "");
}

}  // namespace
}  // namespace trainyard::metrics
