// Fault row 1: a process killed at any moment has lost nothing that it acknowledged.
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

#include "engine/base/rng.hpp"
#include "tests/scheduler/ledger/support.hpp"

namespace trainyard::ledger::testing {
namespace {

// Commits jobs after the last one until it is killed; says each number once it is committed.
[[noreturn]] void commit_until_killed(const std::string& path, int out) {
    auto l = ledger::open(path, installation);
    if (!l) _exit(3);
    const auto jobs = (*l)->load();
    if (!jobs) _exit(4);
    for (job_id n = jobs->size() + 1;; ++n) {
        if (!(*l)->commit(scripted(n))) _exit(5);
        if (write(out, &n, sizeof n) != sizeof n) _exit(6);
        if (n % 16 == 0 && !(*l)->checkpoint()) _exit(7);
        if (n % 5 == 0 && !(*l)->apply(3)) _exit(8);
    }
}

TEST(ledger_kill, everything_acknowledged_is_there) {
    const directory dir;
    rng random{7};
    job_id acknowledged = 0;
    for (int round = 0; round < 20; ++round) {
        int pipe_ends[2];
        ASSERT_EQ(pipe(pipe_ends), 0);
        const pid_t child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            ::close(pipe_ends[0]);
            commit_until_killed(dir / "l", pipe_ends[1]);
        }
        ::close(pipe_ends[1]);
        const job_id enough = acknowledged + 1 + random.below(40);
        job_id n = 0;
        while (acknowledged < enough && read(pipe_ends[0], &n, sizeof n) == sizeof n) acknowledged = n;
        EXPECT_GE(acknowledged, enough) << "the child ended by itself";
        kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_TRUE(WIFSIGNALED(status)) << "exit code " << WEXITSTATUS(status);
        while (read(pipe_ends[0], &n, sizeof n) == sizeof n) acknowledged = n;  // said before it died
        ::close(pipe_ends[0]);

        const auto l = open(dir / "l");
        ASSERT_NE(l, nullptr);
        const job_id found = scripted_prefix(*l);
        EXPECT_GE(found, acknowledged);
        EXPECT_LE(found, acknowledged + 1);
        acknowledged = found;
        if (HasFailure()) return;
    }
}

}  // namespace
}  // namespace trainyard::ledger::testing
