// The slot says at the next start in whose reading the program ended. A child is the program that ends.
#include "scheduler/ledger/reading_slot.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>

#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

// Runs `life` with the slot in a process of its own, which a signal ends.
void live(const std::string& path, const std::function<void(const reading_slot&)>& life) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const auto slot = reading_slot::open(path);
        if (!slot) ::_exit(1);
        life(*slot);
        ::_exit(2);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << status;
}

std::optional<std::string> left(const std::string& path) {
    return reading_slot::open(path).value().left();
}

TEST(reading_slot, names_the_message_whose_reading_ended_the_program) {
    const directory dir;
    const std::string path = dir / "l.reading";
    EXPECT_EQ(left(path), std::nullopt) << "a new file";
    live(path, [](const reading_slot& s) {
        {
            const auto longer = s.begin("jobs\nm:an earlier one, which was read");
        }
        const auto open = s.begin("jobs\nm:bad");
        ::kill(::getpid(), SIGABRT);
    });
    EXPECT_EQ(left(path), "jobs\nm:bad");
}

TEST(reading_slot, names_nobody_when_the_program_is_killed_between_two_readings) {
    const directory dir;
    const std::string path = dir / "l.reading";
    live(path, [](const reading_slot& s) {
        {
            const auto open = s.begin("jobs\nm:good");
        }
        ::kill(::getpid(), SIGKILL);
    });
    EXPECT_EQ(left(path), std::nullopt);
}

TEST(reading_slot, is_counted_once_whatever_ends_the_next_start) {
    const directory dir;
    const std::string path = dir / "l.reading";
    const auto l = open(dir / "l");
    const auto crash = [&] {
        live(path, [](const reading_slot& s) {
            const auto open = s.begin("jobs\nm:bad");
            ::kill(::getpid(), SIGKILL);
        });
    };
    const auto count = [&] { return count_crash(*l, reading_slot::open(path).value()).value(); };
    using counts = std::map<std::string, int>;
    EXPECT_EQ(count(), counts{});
    crash();
    EXPECT_EQ(count(), (counts{{"jobs\nm:bad", 1}}));
    EXPECT_EQ(count(), (counts{{"jobs\nm:bad", 1}})) << "a start that reads nothing counts nothing";
    crash();
    EXPECT_EQ(count(), (counts{{"jobs\nm:bad", 2}}));
    EXPECT_EQ(l->marks().value(), (counts{{"jobs\nm:bad", 2}})) << "durable";
}

TEST(reading_slot, cuts_a_key_that_it_cannot_hold) {
    const directory dir;
    const std::string path = dir / "l.reading";
    live(path, [](const reading_slot& s) {
        const auto open = s.begin(std::string(2 * reading_slot::size, 'x'));
        ::kill(::getpid(), SIGKILL);
    });
    EXPECT_EQ(left(path), std::string(reading_slot::size - 1, 'x'));
    EXPECT_EQ(left(path), left(path)) << "opening keeps it";
}

}  // namespace
}  // namespace trainyard::ledger::testing
