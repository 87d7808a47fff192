#include "aws/local/sagemaker/training/training_store.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <ctime>
#include <limits>

namespace trainyard::aws::local::sagemaker {
namespace {

const wall_time start = from_unix_millis(1'764'000'000'000);
const account_id account{"111122223333"};
const region_name region{"us-east-1"};

training_request request(std::int64_t count = 1, std::string type = "ml.m5.large") {
    training_request r;
    r.instances = {{std::move(type), count}};
    r.plan.stop_grace = 0s;
    return r;
}

training_request pooled(std::int64_t count, duration keep_alive) {
    auto r = request(count);
    r.keep_alive = keep_alive;
    r.pool_shape = "same";
    return r;
}

struct training_store_fixture : testing::Test {
    quota_book quotas{1'000'000, {}};
    training_store store{account, region, quotas, 1.0, {}};

    bool create(std::string name, training_request r, wall_time now) {
        return std::holds_alternative<training_store::created>(
            store.create(std::move(name), std::move(r), now));
    }
    std::int64_t used(instance_use use, wall_time now, const char* type = "ml.m5.large") {
        store.release(now);
        return quotas.in_use(account, region, type, use);
    }
};

struct limited_store : training_store_fixture {
    limited_store() { quotas = quota_book{3, {}}; }
};

TEST_F(training_store_fixture, stop_is_asynchronous_and_happens_once) {
    create("a", request(), start);
    EXPECT_TRUE(store.stop("a", start + 10s).done);
    const training_job& job = *store.find("a");
    EXPECT_EQ(job.status(start + 10s), "Stopping");
    EXPECT_EQ(job.last_modified(start + 10s), start + 10s);
    EXPECT_EQ(store.stop("a", start + 10s + 500ms).status, job_status::stopping);
    const auto again = store.stop("a", start + 12s);
    EXPECT_TRUE(again.found);
    EXPECT_FALSE(again.done);
    EXPECT_EQ(again.status, job_status::stopped);
    EXPECT_FALSE(store.stop("b", start).found);
}

TEST_F(training_store_fixture, a_name_is_taken_until_the_job_is_deleted) {
    create("a", request(), start);
    EXPECT_FALSE(create("a", request(), start + 24h));
    create("b", request(), start + 24h);
    EXPECT_EQ(store.erase("b", start + 24h + 10s), training_store::erase_outcome::not_ended);
    EXPECT_EQ(store.erase("a", start + 24h), training_store::erase_outcome::erased);
    EXPECT_EQ(store.erase("a", start + 24h), training_store::erase_outcome::not_found);
    EXPECT_TRUE(create("a", request(), start + 24h));
    EXPECT_EQ(store.size(), 2U);
    EXPECT_FALSE(store.count_by_status(start + 24h).contains("Completed"));
}

TEST_F(limited_store, limits_count_what_runs_by_type_and_spot) {
    create("a", request(2), start);
    const auto refused = store.create("b", request(2), start + 1s);
    const auto* over = std::get_if<quota_book::over_limit>(&refused);
    ASSERT_NE(over, nullptr);
    EXPECT_EQ(over->quota, "ml.m5.large for training job usage");
    EXPECT_EQ(over->in_use, 2);
    auto spot = request(3);
    spot.spot = true;
    EXPECT_TRUE(create("c", spot, start + 1s));
    EXPECT_TRUE(create("d", request(3, "ml.g5.xlarge"), start + 1s));
    // "a" ends at 64 s; the refused name was not burnt.
    EXPECT_EQ(used(instance_use::training, start + 63s + 999ms), 2);
    EXPECT_TRUE(create("b", request(3), start + 64s));
    // A stop gives the instances back when it is done.
    store.stop("b", start + 70s);
    EXPECT_EQ(used(instance_use::training, start + 70s + 900ms), 3);
    EXPECT_EQ(used(instance_use::training, start + 71s), 0);
    const auto counts = store.count_by_status(start + 71s);
    EXPECT_EQ(counts.at("Stopped"), 1U);
    EXPECT_EQ(counts.at("Completed"), 3U);
}

TEST_F(limited_store, a_pool_counts_until_it_ends) {
    ASSERT_TRUE(create("a", pooled(2, 100s), start));  // ends at 64 s, its pool at 164 s
    EXPECT_EQ(used(instance_use::training, start + 100s), 2);
    EXPECT_EQ(used(instance_use::warm_pool, start + 163s), 2);
    EXPECT_EQ(used(instance_use::training, start + 164s), 0);
    EXPECT_EQ(used(instance_use::warm_pool, start + 164s), 0);
}

TEST_F(training_store_fixture, a_pool_needs_its_own_quota) {
    quotas.set_limit(account, region, "ml.m5.large", instance_use::warm_pool, 1);
    const auto refused = store.create("a", pooled(2, 100s), start);
    const auto* over = std::get_if<quota_book::over_limit>(&refused);
    ASSERT_NE(over, nullptr);
    EXPECT_EQ(over->quota, "ml.m5.large for training warm pool usage");
    EXPECT_EQ(used(instance_use::training, start), 0) << "nothing is held for a job that was refused";
}

TEST_F(limited_store, a_job_alike_takes_over_the_instances_and_starts_at_once) {
    create("a", pooled(2, 100s), start);
    ASSERT_TRUE(create("b", pooled(2, 50s), start + 70s)) << "two more would not fit";
    EXPECT_EQ(store.find("a")->reused_by, "b");
    EXPECT_EQ(store.find("b")->timeline.training_start(), start + 70s + 1500ms);
    EXPECT_EQ(used(instance_use::training, start + 80s), 2);
    EXPECT_EQ(used(instance_use::warm_pool, start + 80s), 2);
    // b ends at 132.5 s; one that wants no pool keeps none.
    ASSERT_TRUE(create("c", pooled(2, 0s), start + 140s));
    EXPECT_EQ(used(instance_use::warm_pool, start + 140s), 0);
    EXPECT_EQ(used(instance_use::training, start + 140s), 2);
    EXPECT_EQ(used(instance_use::training, start + 240s), 0);
}

TEST_F(training_store_fixture, only_a_pool_of_the_same_shape_is_reused) {
    create("a", pooled(2, 100s), start);
    auto other = pooled(2, 100s);
    other.pool_shape = "other";
    create("b", other, start + 70s);
    EXPECT_EQ(store.find("a")->reused_by, "");
    create("c", pooled(2, 100s), start + 164s);
    EXPECT_EQ(store.find("a")->reused_by, "") << "it has expired";
}

TEST_F(training_store_fixture, a_pool_can_be_ended_and_prolonged) {
    create("a", pooled(1, 100s), start);
    EXPECT_EQ(store.erase("a", start + 70s), training_store::erase_outcome::pool_available);
    EXPECT_EQ(store.set_keep_alive("a", 200s, start + 70s), training_store::pool_outcome::changed);
    EXPECT_EQ(used(instance_use::warm_pool, start + 263s), 1);
    EXPECT_EQ(store.set_keep_alive("a", 0s, start + 263s), training_store::pool_outcome::changed);
    EXPECT_EQ(used(instance_use::warm_pool, start + 263s), 0);
    EXPECT_EQ(store.set_keep_alive("a", 10s, start + 263s), training_store::pool_outcome::no_pool);
    EXPECT_EQ(store.erase("a", start + 263s), training_store::erase_outcome::erased);
    // While the job runs, too.
    create("b", pooled(1, 100s), start + 300s);
    EXPECT_EQ(store.set_keep_alive("b", 0s, start + 310s), training_store::pool_outcome::changed);
    EXPECT_EQ(used(instance_use::warm_pool, start + 310s), 0);
    EXPECT_EQ(used(instance_use::training, start + 310s), 1);
    EXPECT_EQ(used(instance_use::training, start + 400s), 0);
}

TEST_F(training_store_fixture, pools_do_not_survive_internal_errors) {
    for (const auto& [reason, kept] : {std::pair{"AlgorithmError: exit 1", 1},
                                       {"ClientError: no image", 1},
                                       {"InternalServerError: We", 0},
                                       {"CapacityError: none", 0}}) {
        quotas = quota_book{9, {}};
        training_store fresh{account, region, quotas, 1.0, {}};
        auto r = pooled(1, 100s);
        r.plan.attempts[0] = {.ends = attempt_plan::ending::fails_at_end, .failure_reason = reason};
        fresh.create("a", r, start);
        fresh.release(start + 70s);
        EXPECT_EQ(quotas.in_use(account, region, "ml.m5.large", instance_use::warm_pool), kept) << reason;
    }
}

TEST_F(training_store_fixture, jobs_of_a_plan_wait_for_room_and_count_against_no_quota) {
    quotas = quota_book{0, {}};
    const training_plan_window window{start + 10s, start + 1h, 3};
    const auto planned = [&](std::string name, std::int64_t count) {
        auto r = request(count);
        r.training_plan = "plan";
        r.max_pending = 2h;
        return std::holds_alternative<training_store::created>(
            store.create(std::move(name), r, start, window));
    };
    ASSERT_TRUE(planned("a", 2));
    ASSERT_TRUE(planned("b", 2));
    ASSERT_TRUE(planned("c", 1));
    EXPECT_EQ(store.find("a")->phase(start + 9s), job_phase::pending);
    EXPECT_EQ(store.find("a")->phase(start + 10s), job_phase::starting);
    EXPECT_EQ(store.find("b")->phase(start + 73s), job_phase::pending);
    EXPECT_EQ(store.find("b")->phase(start + 74s), job_phase::starting) << "a ended";
    EXPECT_EQ(store.find("c")->phase(start + 74s), job_phase::starting) << "behind b, which waits for a";
}

TEST_F(training_store_fixture, changes_are_taken_once_and_in_order) {
    create("a", request(), start);
    create("b", request(), start + 1s);
    EXPECT_EQ(store.next_change(), start);
    const auto told = [&](wall_time now) {
        std::string out;
        for (const auto& [job, when, step] : store.take_changes(now))
            out += job->name + std::string{to_string(job->timeline[step].phase)} + " ";
        return out;
    };
    EXPECT_EQ(told(start + 2s), "aStarting bStarting aDownloading ");
    EXPECT_EQ(told(start + 2s), "");
    store.stop("a", start + 10s);
    EXPECT_EQ(told(start + 63s), "aTraining bDownloading bTraining aStopping aStopped ");
    EXPECT_EQ(store.next_change(), start + 64s);
    // Deleted before anybody asked.
    store.erase("b", start + 70s);
    EXPECT_EQ(told(start + 70s), "bUploading bCompleted ");
    EXPECT_FALSE(store.next_change().has_value());
}

TEST_F(training_store_fixture, a_new_job_is_listed_late_when_asked_so) {
    training_store late{account, region, quotas, 1.0, 5s};
    late.create("a", request(), start);
    const auto any = [](const training_job&) { return true; };
    EXPECT_EQ(late.list({}, start + 4s, any)->items.size(), 0U);
    EXPECT_EQ(late.list({}, start + 5s, any)->items.size(), 1U);
    EXPECT_NE(late.find("a"), nullptr);
}

TEST_F(training_store_fixture, a_page_looks_at_the_page_only) {
    for (int i = 0; i < 100'000; ++i)
        create("job-" + std::to_string(1'000'000 + i), request(), start + std::chrono::milliseconds{i});
    // 1,000 pages in processor time: if each walked the whole store, this would take minutes.
    const std::clock_t begin = std::clock();
    list_query q;
    q.max = 100;
    std::size_t seen = 0;
    do {
        const auto page = store.list(q, start + 1h, [](const training_job&) { return true; });
        seen += page->items.size();
        q.token = page->next_token;
    } while (!q.token.empty());
    EXPECT_EQ(seen, 100'000U);
    EXPECT_LT(std::clock() - begin, 2 * CLOCKS_PER_SEC);
    EXPECT_EQ(store.count_by_status(start + 1h).at("Completed"), 100'000U);
}

}  // namespace
}  // namespace trainyard::aws::local::sagemaker
