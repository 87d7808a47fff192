// Invariants S18 and S19: whatever operation of the file layer fails, and wherever the machine stops,
// reopening shows a whole prefix of the committed transactions with everything that was acknowledged, and
// nothing is written after an error.
#include <fstream>
#include <set>

#include "tests/scheduler/ledger/fault_vfs.hpp"
#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

struct outcome {
    job_id acknowledged = 0;
    bool opened = false, finished = false;
    std::optional<error> first;
};

// Opens, commits jobs `from` to `to` one by one with checkpoints between, stops caring at the first error but
// keeps asking.
outcome run_script(const std::string& path, job_id from, job_id to, outcome* progress = nullptr) {
    outcome o;
    auto l = ledger::open(path, installation);
    if (!l) {
        o.first = l.error();
        return o;
    }
    o.opened = true;
    const auto note = [&](const result<void>& r) {
        if (o.first) {
            EXPECT_FALSE(r) << "went on after: " << o.first->message;
            if (!r) {
                EXPECT_EQ(r.error().message, o.first->message);
            }
        } else if (!r) {
            o.first = r.error();
        }
        return r.has_value();
    };
    for (job_id n = from; n <= to; ++n) {
        if (note((*l)->commit(scripted(n)))) o.acknowledged = n;
        if (progress != nullptr) *progress = o;
        // A pass over the rows takes several steps, with commits between.
        if (n % 3 == 0 || (*l)->applying()) note((*l)->apply(2));
        if (n % 4 == 0) note((*l)->checkpoint());
    }
    o.finished = !o.first;
    return o;
}

void expect_prefix(const std::string& path, job_id acknowledged) {
    const auto l = open(path);
    ASSERT_NE(l, nullptr);
    const job_id n = scripted_prefix(*l);
    EXPECT_GE(n, acknowledged);
    EXPECT_LE(n, acknowledged + 1);  // the one under way may have become durable
}

struct fault_case {
    const char* name;
    bool for_good;
    bool existing;  // the ledger exists and its WAL must be recovered
};

class ledger_faults : public ::testing::TestWithParam<fault_case> {};

TEST_P(ledger_faults, every_operation_in_turn) {
    constexpr job_id before = 3, last = 10;
    // A ledger whose process was killed: its frames stand in the WAL alone.
    fault_vfs::image killed;
    if (GetParam().existing) {
        const directory dir;
        fault_vfs vfs;
        rng random{1};
        const auto l = open(dir / "l");
        for (job_id n = 1; n <= before; ++n) ASSERT_TRUE(ok(l->commit(scripted(n))));
        killed = vfs.take_image(fault_vfs::loss::none, random);
        ASSERT_GT(killed["l-wal"].size(), 4096U);
    }
    const job_id first = GetParam().existing ? before + 1 : 1;
    std::map<operation, int> surfaced;
    std::uint64_t number = 1;
    for (bool reached = true; reached; ++number) {
        ASSERT_LT(number, 5'000U);
        const directory dir;
        for (const auto& [name, contents] : killed) std::ofstream(dir / name, std::ios::binary) << contents;
        outcome o;
        {
            fault_vfs vfs;
            vfs.fail(number, GetParam().for_good);
            o = run_script(dir / "l", first, last);
            reached = vfs.reached();
            SCOPED_TRACE("operation " + std::to_string(number) + " of kind " +
                         std::to_string(static_cast<int>(vfs.failed())));
            if (!reached) {
                EXPECT_TRUE(o.finished) << o.first->message;
            }
            if (o.first) {
                ++surfaced[vfs.failed()];
                EXPECT_TRUE(o.first->code == errc::io || o.first->code == errc::corrupt) << o.first->message;
                EXPECT_NE(o.first->message.find(dir / "l"), std::string::npos) << o.first->message;
                if (o.opened) {
                    EXPECT_EQ(vfs.changes_after_fault(), 0U) << "it wrote on after a failed operation";
                }
            }
        }
        SCOPED_TRACE("operation " + std::to_string(number));
        expect_prefix(dir / "l", std::max(o.acknowledged, first - 1));
        if (HasFatalFailure()) return;
    }
    // The loop has met what it is for.
    EXPECT_GT(surfaced[operation::write], 20);
    EXPECT_GT(surfaced[operation::sync], 8);
    EXPECT_GT(surfaced[operation::open], 0);
    EXPECT_GT(surfaced[operation::read], 0);
    RecordProperty("operations", static_cast<int>(number));
}

INSTANTIATE_TEST_SUITE_P(each, ledger_faults,
                         ::testing::Values(fault_case{"new_once", false, false},
                                           fault_case{"new_for_good", true, false},
                                           fault_case{"recovered_once", false, true},
                                           fault_case{"recovered_for_good", true, true}),
                         [](const auto& i) { return std::string(i.param.name); });

// The kernel reports a failed sync once and then holds the lost pages for clean. What is recovered from them
// must be made durable anew before anything is acknowledged on top of it.
TEST(ledger_power_loss, nothing_acknowledged_rests_on_pages_that_a_failed_sync_lost) {
    int tried = 0;
    rng random{3};
    bool reached = true;
    for (std::uint64_t number = 1; reached; ++number) {
        const directory dir, after;
        fault_vfs::image left;
        job_id acknowledged = 0;
        {
            fault_vfs vfs;
            vfs.fail(number, false);
            const outcome o = run_script(dir / "l", 1, 6);
            reached = vfs.reached();
            if (!o.first || vfs.failed() != operation::sync) continue;
            ++tried;
            const auto l = open(dir / "l");
            ASSERT_NE(l, nullptr);
            acknowledged = l->load()->size() + 1;
            ASSERT_TRUE(ok(l->commit(scripted(acknowledged))));
            left = vfs.take_image(fault_vfs::loss::all, random);
        }
        SCOPED_TRACE("operation " + std::to_string(number));
        for (const auto& [name, contents] : left) std::ofstream(after / name, std::ios::binary) << contents;
        const auto l = open(after / "l");
        ASSERT_NE(l, nullptr);
        EXPECT_EQ(scripted_prefix(*l), acknowledged);
        if (HasFailure()) return;
    }
    EXPECT_GT(tried, 8);
}

struct crash {
    fault_vfs::image files;
    job_id acknowledged;
};

// Before each change of the disk: what a kill and three kinds of power loss would leave there.
std::vector<crash> crashes_of_script(job_id last) {
    const directory dir;
    std::vector<crash> crashes;
    std::set<std::pair<job_id, fault_vfs::image>> seen;
    fault_vfs vfs;
    rng random{20260924};
    outcome progress;
    vfs.before_change = [&] {
        for (const auto l : {fault_vfs::loss::none, fault_vfs::loss::all, fault_vfs::loss::prefix,
                             fault_vfs::loss::subset}) {
            auto [it, fresh] = seen.emplace(progress.acknowledged, vfs.take_image(l, random));
            if (fresh) crashes.push_back({it->second, it->first});
        }
    };
    const outcome o = run_script(dir / "l", 1, last, &progress);
    EXPECT_TRUE(o.finished);
    return crashes;
}

TEST(ledger_crash, every_write_boundary_recovers_to_a_prefix) {
    const auto crashes = crashes_of_script(9);
    EXPECT_GT(crashes.size(), 200U);
    for (std::size_t i = 0; i < crashes.size(); ++i) {
        SCOPED_TRACE("crash " + std::to_string(i) + " after " + std::to_string(crashes[i].acknowledged));
        const directory dir;
        for (const auto& [name, contents] : crashes[i].files)
            std::ofstream(dir / name, std::ios::binary) << contents;
        expect_prefix(dir / "l", crashes[i].acknowledged);
        // It goes on from there, and recovering again changes nothing.
        job_id n = 0;
        {
            const auto l = open(dir / "l");
            ASSERT_NE(l, nullptr);
            n = l->load()->size();
            ASSERT_TRUE(ok(l->commit(scripted(n + 1))));
        }
        ASSERT_EQ(scripted_prefix(*open(dir / "l")), n + 1);
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace trainyard::ledger::testing
