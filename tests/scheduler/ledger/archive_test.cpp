// Old jobs go to the archive, whole and once, whatever fails.
#include <fstream>
#include <future>
#include <set>

#include "engine/base/json.hpp"
#include "tests/scheduler/ledger/fault_vfs.hpp"
#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

std::vector<std::string> lines_of(const std::string& path) {
    std::ifstream in(path);
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

void commit(ledger& l, const std::vector<record>& records) {
    ASSERT_TRUE(ok(l.commit(records)));
}

constexpr job_id old_id(std::int64_t ms, job_id n) {
    return (static_cast<job_id>(ms) << 19U) + n;
}

// Jobs 1 to `jobs` of that millisecond: the odd ones have ended then, the others run.
void old_jobs(ledger& l, std::int64_t ms, job_id jobs) {
    std::vector<record> records;
    for (job_id n = 1; n <= jobs; ++n) {
        records.push_back(accept(old_id(ms, n), "request " + std::to_string(n)));
        records.push_back(step(old_id(ms, n), state::starting));
        records.push_back(step(old_id(ms, n), n % 2 == 1 ? state::failed : state::running));
    }
    for (record& r : records) r.when = from_unix_millis(ms);
    commit(l, records);
}

TEST(ledger_archive, takes_what_ended_long_ago_and_leaves_the_rest) {
    const directory dir;
    const wall_time before = from_unix_millis(epoch + 1'000);
    {
        const auto l = open(dir / "l");
        old_jobs(*l, epoch, 9);
        old_jobs(*l, epoch + 5'000, 3);
        EXPECT_EQ(l->compact(before, 100)->jobs, 0U) << "their rows do not show the end yet";
        ASSERT_TRUE(ok(l->apply(100)));
        auto first = l->compact(before, 2);
        ASSERT_TRUE(first) << first.error().message;
        EXPECT_EQ(first->jobs, 2U);
        EXPECT_FALSE(first->complete);
        auto rest = l->compact(before, 100);
        EXPECT_EQ(rest->jobs, 3U);
        EXPECT_TRUE(rest->complete);
        EXPECT_EQ(l->compact(before, 100)->jobs, 0U);
        EXPECT_EQ(l->statistics().archived, 5U);
    }
    const auto lines = lines_of(archive_file(dir / "l"));
    ASSERT_EQ(lines.size(), 5U);
    const auto third = json::document::parse(lines[1]);
    ASSERT_TRUE(third) << third.error().message;
    const json::value j = third->root();
    EXPECT_EQ(j.find("job").string(), lifecycle::to_text(old_id(epoch, 3)));
    EXPECT_EQ(j.find("state").string(), "failed");
    EXPECT_EQ(j.find("request").string(), "request 3");
    EXPECT_EQ(j.find("dedup_key").string(), accept(old_id(epoch, 3)).accepted->dedup_key);
    EXPECT_EQ(j.find("steps").size(), 3U);
    EXPECT_EQ(j.find("steps").at(1).find("state").string(), "starting");
    const auto l = open(dir / "l");
    EXPECT_EQ(l->load()->size(), 12U - 5U);
    EXPECT_EQ(l->history(old_id(epoch, 3)).error().code, errc::not_found);
    EXPECT_EQ(l->history(old_id(epoch, 2))->size(), 3U);
    const job_id gone[] = {old_id(epoch, 3)};
    EXPECT_EQ(l->bodies(gone).error().code, errc::not_found);
}

TEST(ledger_archive, numbers_of_steps_never_come_again) {
    const directory dir;
    {
        const auto l = open(dir / "l");
        old_jobs(*l, epoch, 1);
        ASSERT_TRUE(ok(l->apply(100)));
        ASSERT_EQ(l->compact(from_unix_millis(epoch + 1'000), 100)->jobs, 1U);
    }
    {
        const auto l = open(dir / "l");
        EXPECT_TRUE(l->load()->empty());
        commit(*l, {accept(old_id(epoch, 9)), step(old_id(epoch, 9), state::starting)});
    }
    EXPECT_EQ(open(dir / "l")->load()->front().state, state::starting);
}

TEST(ledger_archive, nothing_goes_before_it_is_archived_whatever_fails) {
    // The archive is a plain file, so the faults of SQLite's own layer meet the rows alone; the archive is
    // then ahead, and what the ledger did not confirm is cut off and written again.
    int failed = 0;
    bool reached = true;
    for (std::uint64_t number = 1; reached; ++number) {
        const directory dir;
        {
            const auto l = open(dir / "l");
            old_jobs(*l, epoch, 5);
            ASSERT_TRUE(ok(l->apply(100)));
        }
        {
            fault_vfs vfs;
            const auto l = open(dir / "l");
            vfs.fail(number + vfs.count(), true);
            failed += l->compact(from_unix_millis(epoch + 1'000), 100) ? 0 : 1;
            reached = vfs.reached();
        }
        SCOPED_TRACE("operation " + std::to_string(number));
        const auto l = open(dir / "l");
        ASSERT_NE(l, nullptr);
        ASSERT_TRUE(l->compact(from_unix_millis(epoch + 1'000), 100));
        std::set<std::string> seen;
        for (const auto& line : lines_of(archive_file(dir / "l")))
            EXPECT_TRUE(
                seen.insert(std::string(*json::document::parse(line)->root().find("job").string())).second);
        EXPECT_EQ(seen.size(), 3U);
        EXPECT_EQ(l->load()->size(), 2U);
        if (HasFailure()) return;
    }
    EXPECT_GT(failed, 2);
}

TEST(ledger_archive, that_cannot_be_written_keeps_every_row) {
    const directory dir;
    const auto l = open(dir / "l");
    old_jobs(*l, epoch, 5);
    ASSERT_TRUE(ok(l->apply(100)));
    std::filesystem::create_directory(archive_file(dir / "l"));
    ASSERT_FALSE(l->compact(from_unix_millis(epoch + 1'000), 100));
    EXPECT_EQ(l->load()->size(), 5U);
    std::filesystem::remove(archive_file(dir / "l"));
    EXPECT_EQ(l->compact(from_unix_millis(epoch + 1'000), 100)->jobs, 3U) << "it looks from the start again";
    // An archive that lost its end is told, one that was taken away begins anew.
    old_jobs(*l, epoch + 5'000, 1);
    ASSERT_TRUE(ok(l->apply(100)));
    std::filesystem::resize_file(archive_file(dir / "l"), 10);
    const auto cut = l->compact(from_unix_millis(epoch + 9'000), 100);
    ASSERT_FALSE(cut);
    EXPECT_NE(cut.error().message.find("has lost its end"), std::string::npos) << cut.error().message;
    std::filesystem::rename(archive_file(dir / "l"), dir / "taken");
    EXPECT_EQ(l->compact(from_unix_millis(epoch + 9'000), 100)->jobs, 1U);
    EXPECT_EQ(lines_of(archive_file(dir / "l")).size(), 1U);
}

TEST(ledger_archive, the_thread_does_it_between_commits) {
    const directory dir;
    {
        const auto l = open(dir / "l");
        old_jobs(*l, epoch, 401);
        ASSERT_TRUE(ok(l->apply(1'000)));
    }
    ledger_thread t{open(dir / "l")};
    std::promise<result<std::size_t>> done;
    t.compact(from_unix_millis(epoch + 1'000), [&](result<std::size_t> r) { done.set_value(std::move(r)); });
    const auto archived = done.get_future().get();
    ASSERT_TRUE(archived) << archived.error().message;
    EXPECT_EQ(*archived, 201U);
    t.close();
    EXPECT_EQ(open(dir / "l")->load()->size(), 200U);
    EXPECT_EQ(lines_of(archive_file(dir / "l")).size(), 201U);
}

}  // namespace
}  // namespace trainyard::ledger::testing
