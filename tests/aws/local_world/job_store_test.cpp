#include "aws/local/sagemaker/job_store.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <limits>
#include <set>

namespace trainyard::aws::local {
namespace {

const wall_time start = from_unix_millis(1'764'000'000'000);

job_request request(std::string name, std::int64_t count = 1, std::string type = "ml.m5.large") {
    job_request r;
    r.name = std::move(name);
    r.instances = {{std::move(type), count}};
    return r;
}

struct store_fixture {
    instance_limits limits{1'000'000, {}};
    job_store store{account_id{"111122223333"}, region_name{"us-east-1"}, limits, 1.0};
    void fill(int n) {
        for (int i = 0; i < n; ++i)
            store.create(request("job-" + std::to_string(1'000'000 + i)),
                         start + std::chrono::milliseconds{i});
    }
};

struct instant {
    double seconds;
    job_phase phase;
};

void expect_phases(const job_timeline& t, const std::vector<instant>& want) {
    for (const auto& [seconds, phase] : want) {
        const wall_time now = start + std::chrono::milliseconds{std::llround(seconds * 1000)};
        EXPECT_EQ(to_string(t[t.at(now)].phase), to_string(phase)) << "at " << seconds << " s";
    }
}

TEST(job_timeline, completes_after_every_phase) {
    expect_phases(job_timeline{{}, start, 1.0}, {{0, job_phase::starting},
                                                 {1.999, job_phase::starting},
                                                 {2, job_phase::downloading},
                                                 {2.999, job_phase::downloading},
                                                 {3, job_phase::training},
                                                 {62.999, job_phase::training},
                                                 {63, job_phase::uploading},
                                                 {64, job_phase::completed},
                                                 {1e6, job_phase::completed}});
}

TEST(job_timeline, scale_divides_every_phase) {
    expect_phases(job_timeline{{}, start, 10.0}, {{0.199, job_phase::starting},
                                                  {0.2, job_phase::downloading},
                                                  {0.3, job_phase::training},
                                                  {6.299, job_phase::training},
                                                  {6.3, job_phase::uploading},
                                                  {6.4, job_phase::completed}});
}

TEST(job_timeline, fails_where_the_reason_belongs) {
    job_plan plan;
    plan.failure_reason = "AlgorithmError: exit code 1";
    expect_phases(job_timeline{plan, start, 1.0}, {{62.9, job_phase::training}, {63, job_phase::failed}});
    plan.failure_reason = "CapacityError: Unable to provision requested ML compute capacity.";
    expect_phases(job_timeline{plan, start, 1.0}, {{1.9, job_phase::starting}, {2, job_phase::failed}});
}

TEST(job_timeline, max_runtime_stops_and_counts_from_training) {
    job_plan plan;
    plan.max_runtime = 10s;
    const job_timeline t{plan, start, 1.0};
    expect_phases(
        t, {{12.9, job_phase::training}, {13, job_phase::stopping}, {14, job_phase::max_runtime_exceeded}});
    EXPECT_EQ(status_of(t.outcome()), job_status::stopped);
    // Exactly as long as allowed is not too long.
    plan.training = 10s;
    EXPECT_EQ((job_timeline{plan, start, 1.0}.outcome()), job_phase::completed);
}

TEST(job_store, stop_is_asynchronous_and_happens_once) {
    store_fixture f;
    f.store.create(request("a"), start);
    const auto first = f.store.stop("a", start + 10s);
    EXPECT_TRUE(first.stopped);
    const training_job& job = *f.store.find("a");
    EXPECT_EQ(job.status(start + 10s), job_status::stopping);
    EXPECT_EQ(job.last_modified(start + 10s), start + 10s);
    EXPECT_EQ(f.store.stop("a", start + 10s + 500ms).status, job_status::stopping);
    EXPECT_EQ(job.phase(start + 11s), job_phase::stopped);
    const auto again = f.store.stop("a", start + 12s);
    EXPECT_TRUE(again.found);
    EXPECT_FALSE(again.stopped);
    EXPECT_EQ(again.status, job_status::stopped);
    EXPECT_FALSE(f.store.stop("b", start).found);
}

TEST(job_store, a_name_is_taken_for_ever) {
    store_fixture f;
    EXPECT_TRUE(std::holds_alternative<job_store::created>(f.store.create(request("a"), start)));
    EXPECT_TRUE(std::holds_alternative<job_store::duplicate>(f.store.create(request("a"), start + 24h)));
    EXPECT_EQ(f.store.size(), 1U);
}

TEST(job_store, limits_count_what_runs_by_type_and_spot) {
    const instance_limits limits{3, {}};
    job_store store{account_id{"111122223333"}, region_name{"us-east-1"}, limits, 1.0};
    store.create(request("a", 2), start);
    const auto refused = store.create(request("b", 2), start + 1s);
    const auto* over = std::get_if<job_store::over_limit>(&refused);
    ASSERT_NE(over, nullptr);
    EXPECT_EQ(over->resource, "ml.m5.large for training job usage");
    EXPECT_EQ(over->limit, 3);
    EXPECT_EQ(over->in_use, 2);
    EXPECT_EQ(over->delta, 2);
    auto spot = request("c", 3);
    spot.spot = true;
    EXPECT_TRUE(std::holds_alternative<job_store::created>(store.create(spot, start + 1s)));
    EXPECT_TRUE(std::holds_alternative<job_store::created>(
        store.create(request("d", 3, "ml.g5.xlarge"), start + 1s)));
    // "a" ends at 64 s; the refused name was not burnt.
    EXPECT_EQ(store.in_use("ml.m5.large", false, start + 63s + 999ms), 2);
    EXPECT_TRUE(std::holds_alternative<job_store::created>(store.create(request("b", 3), start + 64s)));
    // A stop gives the instances back when it is done.
    store.stop("b", start + 70s);
    EXPECT_EQ(store.in_use("ml.m5.large", false, start + 70s + 900ms), 3);
    EXPECT_EQ(store.in_use("ml.m5.large", false, start + 71s), 0);
    const auto counts = store.count_by_status(start + 71s);
    EXPECT_EQ(counts.at("Stopped"), 1U);
    EXPECT_EQ(counts.at("Completed"), 3U);
}

TEST(job_store, a_count_near_the_largest_integer_does_not_wrap) {
    const instance_limits limits{std::numeric_limits<std::int64_t>::max(), {}};
    job_store store{account_id{"1"}, region_name{"r"}, limits, 1.0};
    store.create(request("a", std::numeric_limits<std::int64_t>::max()), start);
    EXPECT_TRUE(std::holds_alternative<job_store::over_limit>(store.create(request("b", 1), start)));
}

TEST(instance_limits, the_most_specific_exception_wins) {
    const instance_limits l{
        9, {{"*/*/*", 8}, {"1/*/*", 7}, {"*/*/t", 6}, {"1/r/*", 5}, {"1/*/t", 4}, {"1/r/t", 0}}};
    const auto limit = [&](const char* a, const char* r, const char* t) {
        return l.limit(account_id{a}, region_name{r}, t);
    };
    EXPECT_EQ(limit("1", "r", "t"), 0);
    EXPECT_EQ(limit("1", "q", "t"), 4);
    EXPECT_EQ(limit("1", "r", "u"), 5);
    EXPECT_EQ(limit("2", "r", "t"), 6);
    EXPECT_EQ(limit("1", "q", "u"), 7);
    EXPECT_EQ(limit("2", "q", "u"), 8);
    EXPECT_EQ((instance_limits{9, {{"1/r/t", 0}}}.limit(account_id{"2"}, region_name{"r"}, "t")), 9);
}

std::vector<std::string> names(const list_page& p) {
    std::vector<std::string> out;
    for (const auto* j : p.jobs) out.push_back(j->request.name);
    return out;
}

TEST(job_list, pages_newest_first_and_end) {
    store_fixture f;
    f.fill(25);
    list_request r;
    const auto first = f.store.list(r, start + 1s);
    ASSERT_EQ(first->jobs.size(), 10U);
    EXPECT_EQ(first->jobs.front()->request.name, "job-1000024");
    // A job created in between moves nothing.
    f.store.create(request("late"), start + 1s);
    r.token = first->next_token;
    const auto second = f.store.list(r, start + 1s);
    EXPECT_EQ(second->jobs.front()->request.name, "job-1000014");
    r.token = second->next_token;
    const auto third = f.store.list(r, start + 1s);
    EXPECT_EQ(third->jobs.size(), 5U);
    EXPECT_EQ(third->next_token, "");
}

TEST(job_list, a_page_that_ends_with_the_listing_has_no_token) {
    store_fixture f;
    f.fill(20);
    list_request r;
    r.max = 20;
    EXPECT_EQ(f.store.list(r, start)->next_token, "");
    r.max = 19;
    EXPECT_NE(f.store.list(r, start)->next_token, "");
}

TEST(job_list, every_sort_and_order_gives_each_job_once) {
    store_fixture f;
    f.fill(53);
    f.store.stop("job-1000007", start + 1s);
    for (const auto by :
         {list_request::sort::creation_time, list_request::sort::name, list_request::sort::status})
        for (const bool ascending : {false, true}) {
            list_request r;
            r.by = by;
            r.ascending = ascending;
            r.max = 7;
            std::vector<std::string> all;
            do {
                const auto page = f.store.list(r, start + 5s);
                ASSERT_TRUE(page.has_value());
                for (auto& n : names(*page)) all.push_back(n);
                r.token = page->next_token;
            } while (!r.token.empty() && all.size() < 100);
            EXPECT_EQ(all.size(), 53U);
            EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), 53U);
            if (by == list_request::sort::name) {
                EXPECT_EQ(all.front(), ascending ? "job-1000000" : "job-1000052");
            }
            if (by == list_request::sort::status) {  // Stopped sorts after InProgress
                EXPECT_EQ(ascending ? all.back() : all.front(), "job-1000007");
            }
        }
}

TEST(job_list, status_is_filtered_after_the_page_was_cut) {
    store_fixture f;
    f.fill(12);
    f.store.stop("job-1000000", start + 1s);  // the oldest: on the second page
    list_request r;
    r.status_equals = "Stopped";
    const auto first = f.store.list(r, start + 5s);
    EXPECT_TRUE(first->jobs.empty());
    ASSERT_NE(first->next_token, "");
    r.token = first->next_token;
    EXPECT_EQ(names(*f.store.list(r, start + 5s)), std::vector<std::string>{"job-1000000"});
}

TEST(job_list, filters_before_the_cut) {
    store_fixture f;
    f.fill(30);
    list_request r;
    r.created_after = start + 9ms;
    r.created_before = start + 12ms;
    EXPECT_EQ(names(*f.store.list(r, start + 1s)), (std::vector<std::string>{"job-1000011", "job-1000010"}));
    r = {};
    r.name_contains = "00002";
    EXPECT_EQ(f.store.list(r, start + 1s)->jobs.size(), 10U);
    r = {};
    f.store.stop("job-1000003", start + 1s);
    r.modified_after = start + 500ms;
    EXPECT_EQ(names(*f.store.list(r, start + 1s)), std::vector<std::string>{"job-1000003"});
}

TEST(job_list, a_token_of_another_listing_is_refused) {
    store_fixture f;
    f.fill(30);
    list_request r;
    r.token = f.store.list(r, start)->next_token;
    r.ascending = true;
    EXPECT_FALSE(f.store.list(r, start).has_value());
    r.token = "bm9uc2Vuc2U=";
    EXPECT_FALSE(f.store.list(r, start).has_value());
    r.token = "Yyt4";  // "c+x"
    EXPECT_FALSE(f.store.list(r, start).has_value());
    r.token = "Yys5OTk5OTk5";  // "c+9999999": beyond the jobs
    EXPECT_FALSE(f.store.list(r, start).has_value());
}

TEST(job_list, a_page_looks_at_the_page_only) {
    store_fixture f;
    f.fill(100'000);
    // 1,000 pages in processor time: if each walked the whole store, this would take minutes.
    const std::clock_t begin = std::clock();
    list_request r;
    r.max = 100;
    std::size_t seen = 0;
    do {
        const auto page = f.store.list(r, start + 1h);
        seen += page->jobs.size();
        r.token = page->next_token;
    } while (!r.token.empty());
    EXPECT_EQ(seen, 100'000U);
    EXPECT_LT(std::clock() - begin, 2 * CLOCKS_PER_SEC);
    EXPECT_EQ(f.store.count_by_status(start + 1h).at("Completed"), 100'000U);
}

}  // namespace
}  // namespace trainyard::aws::local
