#include <sys/stat.h>

#include <limits>

#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

void expect_same(const record& a, const record& b) {
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.to, b.to);
    EXPECT_EQ(a.attempt, b.attempt);
    EXPECT_EQ(a.pool, b.pool);
    EXPECT_EQ(a.sagemaker_name, b.sagemaker_name);
    EXPECT_EQ(a.progress, b.progress);
    EXPECT_EQ(a.reason, b.reason);
    EXPECT_EQ(a.not_before, b.not_before);
    EXPECT_EQ(a.progress, b.progress);
    EXPECT_EQ(a.when, b.when);
    ASSERT_EQ(a.accepted.has_value(), b.accepted.has_value());
    if (!a.accepted) return;
    EXPECT_EQ(*a.accepted, *b.accepted);
}

TEST(ledger, every_field_survives_reopening) {
    const directory dir;
    record plain = accept(2);
    plain.accepted->pools.clear();
    plain.accepted->demand.clear();
    plain.accepted->preemptible = false;
    plain.accepted->priority = std::numeric_limits<int>::max();
    plain.accepted->name = std::string("nul\0inside", 10);
    plain.accepted->tenant.clear();
    record rejected = accept(std::numeric_limits<std::int64_t>::max());
    rejected.to = state::rejected;
    rejected.body = std::string("\0\xff{not json", 11);
    record backoff = step(7, state::pending, 2);
    backoff.not_before = from_unix_millis(-5);
    const std::vector<record> records{accept(7), step(7, state::starting), backoff, plain, rejected};
    ASSERT_TRUE(ok(open(dir / "l")->commit(records)));

    for (int again = 0; again < 2; ++again) {  // reading after recovery changes nothing
        const auto l = open(dir / "l");
        const auto jobs = l->load();
        ASSERT_TRUE(jobs) << jobs.error().message;
        ASSERT_EQ(jobs->size(), 3U);
        EXPECT_EQ((*jobs)[0].facts, *plain.accepted);
        EXPECT_FALSE((*jobs)[0].not_before);
        const auto& j = (*jobs)[1];
        EXPECT_EQ(j.facts, *accept(7).accepted);
        EXPECT_EQ(j.state, state::pending);
        EXPECT_EQ(j.attempt, 2);
        EXPECT_EQ(j.pool, backoff.pool);
        EXPECT_EQ(j.sagemaker_name, backoff.sagemaker_name);
        EXPECT_EQ(j.reason, backoff.reason);
        EXPECT_EQ(j.not_before, backoff.not_before);
        EXPECT_EQ(j.updated, backoff.when);
        EXPECT_EQ((*jobs)[2].facts, *rejected.accepted);
        EXPECT_EQ((*jobs)[2].state, state::rejected);
        const job_id ids[] = {rejected.id, 7};
        const auto bodies = l->bodies(ids);
        ASSERT_TRUE(bodies) << bodies.error().message;
        EXPECT_EQ(*bodies, (std::vector<std::string>{rejected.body, "{}"}));

        const auto history = l->history(7);
        ASSERT_TRUE(history) << history.error().message;
        ASSERT_EQ(history->size(), 3U);
        for (std::size_t i = 0; i < 3; ++i) expect_same((*history)[i], records[i]);
        EXPECT_TRUE(history->front().body.empty());
    }
}

TEST(ledger, a_new_file_belongs_to_its_owner_alone) {
    const directory dir;
    const auto l = open(dir / "l");
    const std::vector<record> records{accept(1)};
    ASSERT_TRUE(ok(l->commit(records)));
    for (const char* name : {"l", "l-wal"}) {
        struct stat s{};
        ASSERT_EQ(::stat((dir / name).c_str(), &s), 0) << name;
        EXPECT_EQ(s.st_mode & 0777U, 0600U) << name;
    }
    EXPECT_FALSE(
        std::filesystem::exists(dir / "l-shm"));  // exclusive: no index that another process could share
}

TEST(ledger, what_is_missing_is_named_and_stops_nothing) {
    const directory dir;
    const auto l = open(dir / "l");
    const std::vector<record> records{accept(5)};
    ASSERT_TRUE(ok(l->commit(records)));
    const job_id ids[] = {5, 6};
    const auto bodies = l->bodies(ids);
    ASSERT_FALSE(bodies);
    EXPECT_EQ(bodies.error().code, errc::not_found);
    EXPECT_NE(bodies.error().message.find(lifecycle::to_text(6)), std::string::npos);
    const auto history = l->history(6);
    ASSERT_FALSE(history);
    EXPECT_EQ(history.error().code, errc::not_found);
    EXPECT_TRUE(ok(l->commit({})));
    EXPECT_TRUE(l->load());
}

class ledger_misuse : public ::testing::TestWithParam<int> {};

TEST_P(ledger_misuse, refuses_the_whole_commit_and_everything_after) {
    const directory dir;
    {
        const auto l = open(dir / "l");
        const std::vector<record> first{accept(1)};
        ASSERT_TRUE(ok(l->commit(first)));
        std::vector<record> wrong{accept(2), step(1, state::starting)};
        switch (GetParam()) {
            case 0: wrong.push_back(step(9, state::running)); break;
            case 1: wrong.push_back(accept(1)); break;
            case 2: wrong.push_back(accept(2)); break;
            case 3: wrong.push_back(accept(0)); break;
            case 4: wrong.push_back(accept(1ULL << 63U)); break;
            case 5: wrong.push_back(step(1, static_cast<state>(200))); break;
            case 6: (wrong.push_back(accept(3)), wrong.back().accepted->id = 4); break;
            default: (wrong.push_back(step(1, state::running)), wrong.back().body = "{}"); break;
        }
        const auto refused = l->commit(wrong);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, errc::invalid_argument);
        EXPECT_NE(refused.error().message.find("record of job"), std::string::npos)
            << refused.error().message;
        const std::vector<record> good{accept(3)};
        const job_id ids[] = {1};
        EXPECT_EQ(l->commit(good).error().message, refused.error().message);
        EXPECT_EQ(l->commit({}).error().message, refused.error().message);
        EXPECT_EQ(l->load().error().message, refused.error().message);
        EXPECT_EQ(l->bodies(ids).error().message, refused.error().message);
        EXPECT_EQ(l->history(1).error().message, refused.error().message);
        EXPECT_EQ(l->checkpoint().error().message, refused.error().message);
        EXPECT_EQ(l->statistics().commits, 1U);
    }
    const auto jobs = open(dir / "l")->load();
    ASSERT_TRUE(jobs);
    ASSERT_EQ(jobs->size(), 1U);
    EXPECT_EQ(jobs->front().state, state::pending);
}

INSTANTIATE_TEST_SUITE_P(each, ledger_misuse, ::testing::Range(0, 8));

TEST(ledger, checkpoints_only_when_told_and_then_reuses_the_wal) {
    const directory dir;
    const auto l = open(dir / "l");
    auto round = [&, next = job_id{1}]() mutable {
        std::vector<record> records;
        for (int i = 0; i < 600; ++i) records.push_back(accept(next++, std::string(9'000, 'b')));
        for (std::size_t i = 0; i < records.size(); i += 50)
            ASSERT_TRUE(ok(l->commit(std::span(records).subspan(i, 50))));
    };
    round();
    // More than SQLite's own bound of 1,000 pages: its automatic checkpoint would have emptied the WAL.
    EXPECT_GT(l->wal_pages(), 1'200U);
    EXPECT_EQ(l->statistics().commits, 12U);
    EXPECT_EQ(l->statistics().records, 600U);
    EXPECT_GT(l->statistics().last_commit_seconds, 0);
    const auto main_before = std::filesystem::file_size(dir / "l");
    ASSERT_TRUE(ok(l->checkpoint()));
    EXPECT_EQ(l->wal_pages(), 0U);
    EXPECT_EQ(l->statistics().checkpoints, 1U);
    EXPECT_GT(std::filesystem::file_size(dir / "l"), main_before + 600 * 9'000);
    const auto wal_after_one = std::filesystem::file_size(dir / "l-wal");
    for (int i = 0; i < 4; ++i) {
        round();
        ASSERT_TRUE(ok(l->checkpoint()));
    }
    EXPECT_LT(std::filesystem::file_size(dir / "l-wal"), wal_after_one + wal_after_one / 4);
}

TEST(ledger, a_long_history_is_read_in_order) {
    const directory dir;
    const auto l = open(dir / "l");
    std::vector<record> records{accept(1), accept(2)};
    for (int i = 1; i <= 2'000; ++i) {
        records.push_back(step(1, state::starting, i));
        if (i % 3 == 0) records.push_back(step(2, state::pending, i));
    }
    ASSERT_TRUE(ok(l->commit(records)));
    const auto history = l->history(1);
    ASSERT_TRUE(history) << history.error().message;
    ASSERT_EQ(history->size(), 2'001U);
    for (int i = 0; i <= 2'000; ++i) ASSERT_EQ((*history)[static_cast<std::size_t>(i)].attempt, i);
}

}  // namespace
}  // namespace trainyard::ledger::testing
