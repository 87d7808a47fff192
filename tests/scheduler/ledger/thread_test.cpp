// Group commit, order, bounds and the end of the ledger's thread.
#include <chrono>
#include <future>
#include <latch>
#include <thread>

#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

// Holds the ledger's thread inside a callback while a test submits.
class holder {
public:
    void hold(ledger_thread& t, std::vector<record> first) {
        EXPECT_TRUE(t.submit(std::move(first), [this](result<void> r) {
            EXPECT_TRUE(ok(r));
            held_.count_down();
            go_.wait();
        }));
        held_.wait();
    }
    void release() { go_.count_down(); }

private:
    std::latch held_{1}, go_{1};
};

TEST(ledger_thread, what_arrives_during_a_commit_is_committed_together) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    holder h;
    h.hold(t, scripted(1));
    std::vector<int> answered;  // of the ledger's thread until close() returns
    for (int i = 0; i < 300; ++i)
        ASSERT_TRUE(t.submit(scripted(static_cast<job_id>(i) + 2), [&answered, i](result<void> r) {
            EXPECT_TRUE(ok(r));
            answered.push_back(i);
        }));
    EXPECT_TRUE(answered.empty());
    h.release();
    t.close();
    ASSERT_EQ(answered.size(), 300U);
    for (int i = 0; i < 300; ++i) EXPECT_EQ(answered[static_cast<std::size_t>(i)], i);
    EXPECT_EQ(t.statistics().commits, 2U);
    EXPECT_EQ(t.statistics().records, 601U);
    EXPECT_EQ(t.statistics().checkpoints, 1U);  // by close()
    t.close();
    EXPECT_EQ(scripted_prefix(*open(dir / "l")), 301U);
}

TEST(ledger_thread, a_group_is_bounded) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    holder h;
    h.hold(t, {accept(1)});
    int answers = 0;
    const auto submit = [&](std::size_t records) {
        ASSERT_TRUE(t.submit(std::vector<record>(records, step(1, state::running)), [&](result<void> r) {
            EXPECT_TRUE(ok(r));
            ++answers;
        }));
    };
    submit(ledger_thread::group_records_max - 1);
    submit(1);
    submit(1);                                     // opens the second group
    submit(ledger_thread::group_records_max + 1);  // larger than a group: alone
    h.release();
    t.close();
    EXPECT_EQ(answers, 4);
    EXPECT_EQ(t.statistics().commits, 1U + 3U);
}

TEST(ledger_thread, reads_see_what_was_submitted_before_and_keep_their_place) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    holder h;
    h.hold(t, {accept(1, "one")});
    std::string order;
    ASSERT_TRUE(t.submit({accept(2, "two")}, [&](result<void>) { order += "a"; }));
    t.read_bodies({2, 1}, [&](result<std::vector<std::string>> r) {
        order += "b";
        ASSERT_TRUE(r) << r.error().message;
        EXPECT_EQ(*r, (std::vector<std::string>{"two", "one"}));
    });
    t.read_bodies({3}, [&](result<std::vector<std::string>> r) {
        order += "c";
        ASSERT_FALSE(r);
        EXPECT_EQ(r.error().code, errc::not_found);
    });
    ASSERT_TRUE(t.submit({accept(3, "three")}, [&](result<void> r) {
        order += "d";
        EXPECT_TRUE(ok(r));
    }));
    h.release();
    t.close();
    EXPECT_EQ(order, "abcd");
}

TEST(ledger_thread, refuses_beyond_its_bound_and_takes_again_once_answered) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    holder h;
    h.hold(t, {accept(1)});
    constexpr std::size_t part = ledger_thread::queued_records_max / 10;
    int answers = 0;
    const auto count = [&](result<void> r) {
        EXPECT_TRUE(ok(r));
        ++answers;
    };
    for (int i = 0; i < 10; ++i)
        ASSERT_TRUE(t.submit(std::vector<record>(part, step(1, state::running)), count));
    EXPECT_FALSE(t.submit({step(1, state::succeeded)}, count));
    EXPECT_TRUE(t.submit({}, count));  // takes no room
    h.release();
    std::promise<void> all;
    t.read_bodies({1}, [&](auto) { all.set_value(); });
    all.get_future().wait();
    EXPECT_TRUE(t.submit({step(1, state::failed)}, count));
    t.close();
    EXPECT_EQ(answers, 12);
    EXPECT_EQ(open(dir / "l")->load()->front().state, state::failed);
}

TEST(ledger_thread, an_error_answers_the_group_and_everything_after) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    holder h;
    h.hold(t, {accept(1)});
    std::vector<std::string> errors;
    const auto note = [&](result<void> r) { errors.push_back(r ? "" : r.error().message); };
    ASSERT_TRUE(t.submit({accept(2)}, note));
    ASSERT_TRUE(t.submit({step(9, state::running)}, note));
    t.read_bodies({1}, [&](auto r) { errors.push_back(r ? "" : r.error().message); });
    ASSERT_TRUE(t.submit({accept(3)}, note));
    h.release();
    t.close();
    ASSERT_EQ(errors.size(), 4U);
    EXPECT_NE(errors[0].find("no such job"), std::string::npos) << errors[0];
    for (const auto& e : errors) EXPECT_EQ(e, errors[0]);
    EXPECT_EQ(open(dir / "l")->load()->size(), 1U);
}

TEST(ledger_thread, after_close_nothing_is_taken_and_the_file_is_free) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    t.close();
    EXPECT_FALSE(t.submit({accept(1)}, [](result<void>) { FAIL(); }));
    errc code{};
    t.read_bodies({1}, [&](auto r) { code = r.error().code; });
    EXPECT_EQ(code, errc::cancelled);
    EXPECT_TRUE(open(dir / "l")->load()->empty());
}

TEST(ledger_thread, moves_a_grown_wal_when_idle) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    std::vector<record> records;
    for (job_id id = 1; id <= 500; ++id) records.push_back(accept(id, std::string(9'000, 'b')));
    ASSERT_TRUE(t.submit(std::move(records), [](result<void> r) { EXPECT_TRUE(ok(r)); }));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (t.statistics().checkpoints == 0 && std::chrono::steady_clock::now() < deadline)
        std::this_thread::yield();
    EXPECT_EQ(t.statistics().checkpoints, 1U);
    t.close();
    EXPECT_EQ(open(dir / "l")->load()->size(), 500U);
}

TEST(ledger_thread, moves_a_large_wal_even_when_more_waits) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    holder first;
    first.hold(t, {accept(1)});
    // Two groups: the first alone fills the WAL to its bound, the second waits behind it.
    std::vector<record> records;
    constexpr std::size_t body = 1U << 20U;
    for (job_id id = 2; id <= 2 + ledger_thread::checkpoint_pages_max * 4096 / body; ++id)
        records.push_back(accept(id, std::string(body, 'b')));
    ASSERT_TRUE(t.submit(std::move(records), [](result<void> r) { EXPECT_TRUE(ok(r)); }));
    t.read_bodies({1}, [&](auto) { EXPECT_EQ(t.statistics().checkpoints, 1U); });
    first.release();
    t.close();
    EXPECT_EQ(t.statistics().checkpoints, 2U);
}

TEST(ledger_thread, refuses_more_bytes_than_its_bound) {
    const directory dir;
    ledger_thread t{open(dir / "l")};
    std::promise<void> held, go;
    ASSERT_TRUE(t.submit({accept(1)}, [&](result<void>) {
        held.set_value();
        go.get_future().wait();
    }));
    held.get_future().wait();
    const auto ignore = [](result<void> r) { EXPECT_TRUE(ok(r)); };
    const std::string large(ledger_thread::queued_bytes_max - 1'000, 'b');
    ASSERT_TRUE(t.submit({accept(2, large.substr(0, 10U << 20U))}, ignore));
    EXPECT_FALSE(t.submit({accept(3, large)}, ignore));
    EXPECT_TRUE(t.submit({accept(4, "small")}, ignore));
    EXPECT_TRUE(t.submit({step(2, state::starting)}, ignore)) << "steps carry no bytes";
    go.set_value();
    t.close();
    EXPECT_EQ(open(dir / "l")->load()->size(), 3U);
}

}  // namespace
}  // namespace trainyard::ledger::testing
