#include "bench/server_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>
#include <utility>

#include "bench/report.hpp"

namespace trainyard::bench {
namespace {

// The first line that the process writes; empty when it ends first.
std::string first_line(int from) {
    std::string out;
    char c = 0;
    while (::read(from, &c, 1) == 1 && c != '\n') out.push_back(c);
    return out;
}

}  // namespace

std::string beside_this_program(const char* name) {
    char path[PATH_MAX];
    const auto n = ::readlink("/proc/self/exe", path, sizeof path);
    const std::string self(path, static_cast<std::size_t>(n < 0 ? 0 : n));
    return self.substr(0, self.rfind('/') + 1) + name;
}

result<process_use> use_of(pid_t pid) {
    std::ifstream file(fmt::format("/proc/{}/stat", pid));
    const std::string all{std::istreambuf_iterator<char>(file), {}};
    const auto name_end = all.rfind(')');  // the name may hold anything
    if (name_end == std::string::npos)
        return error{errc::not_found, fmt::format("there is no process {}", pid)};
    std::istringstream rest(all.substr(name_end + 1));
    std::string skipped;
    double pages = 0;
    for (int i = 3; i < 24; ++i) rest >> skipped;
    rest >> pages;  // proc(5): field 24
    process_use out;
    // Its times in /proc/PID/stat come in ticks of 10 ms, more than a short round may use.
    clockid_t its_cpu{};
    timespec used{};
    if (::clock_getcpuclockid(pid, &its_cpu) != 0 || ::clock_gettime(its_cpu, &used) != 0)
        return error{errc::not_found, fmt::format("there is no process {}", pid)};
    out.cpu_seconds = static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
    out.resident_bytes = pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
    return out;
}

result<child_process> child_process::start(std::vector<std::string> words,
                                           std::vector<std::string> environment, int heard) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return error{errc::io, "no pipe"};
    child_process out;
    out.output_ = pipe[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, pipe[1], heard);
    const auto pointers = [](std::vector<std::string>& texts) {
        std::vector<char*> all;
        for (std::string& t : texts) all.push_back(t.data());
        all.push_back(nullptr);
        return all;
    };
    const int failed = ::posix_spawn(&out.pid_, words.front().c_str(), &actions, nullptr,
                                     pointers(words).data(), pointers(environment).data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    if (failed != 0) {
        out.pid_ = -1;
        return error{errc::not_found, fmt::format("cannot run {}: {}; --program says where trainyard is",
                                                  words.front(), std::generic_category().message(failed))};
    }
    return out;
}

child_process::child_process(child_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), output_(std::exchange(other.output_, -1)) {}

child_process::~child_process() {
    if (pid_ > 0) {
        ::kill(pid_, SIGKILL);
        int status = 0;
        ::waitpid(pid_, &status, 0);
    }
    if (output_ >= 0) ::close(output_);
}

std::string child_process::line() const {
    return first_line(output_);
}

bool child_process::speaks_within(int ms) const {
    pollfd heard{output_, POLLIN, 0};
    return ::poll(&heard, 1, ms) != 0;
}

result<void> child_process::stop() {
    ::kill(pid_, SIGTERM);
    std::string said, last;
    for (last = line(); !last.empty(); last = line()) said = last;  // until it closes its end
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
    return error{errc::internal, fmt::format("it ended with status {}: {}", status, said)};
}

result<local_server> local_server::start(const std::string& program,
                                         const std::vector<std::string>& options) {
    std::vector<std::string> words{program, "local", "--port", "0"};
    words.insert(words.end(), options.begin(), options.end());
    const double began = wall_ns();
    // No environment: it would be another thing to state.
    auto child = child_process::start(std::move(words), {}, STDOUT_FILENO);
    if (!child) return child.error();
    local_server out(std::move(*child));
    const std::string line = out.child_.line();
    out.ready_seconds_ = (wall_ns() - began) / 1e9;
    const auto colon = line.rfind(':');
    const char* const last = line.data() + line.size();
    if (!line.starts_with("listening on ") || colon == std::string::npos ||
        std::from_chars(line.data() + colon + 1, last, out.at_.port).ptr != last)
        return error{errc::corrupt,
                     fmt::format("{} local said '{}' and not where it listens", program, line)};
    return out;
}

}  // namespace trainyard::bench
