#include "bench/server_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
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

result<local_server> local_server::start(const std::string& program) {
    std::array<int, 2> pipe{};
    if (::pipe2(pipe.data(), O_CLOEXEC) != 0) return error{errc::io, "no pipe"};
    local_server out;
    out.output_ = pipe[0];
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, pipe[1], STDOUT_FILENO);
    std::array<std::string, 4> words{program, "local", "--port", "0"};
    std::array<char*, 5> arguments{words[0].data(), words[1].data(), words[2].data(), words[3].data(),
                                   nullptr};
    std::array<char*, 1> nothing{nullptr};  // no environment: it would be another thing to state
    const double began = wall_ns();
    const int failed =
        ::posix_spawn(&out.pid_, program.c_str(), &actions, nullptr, arguments.data(), nothing.data());
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(pipe[1]);
    if (failed != 0) {
        out.pid_ = -1;
        return error{errc::not_found, fmt::format("cannot run {}: {}; --program says where trainyard is",
                                                  program, std::generic_category().message(failed))};
    }
    const std::string line = first_line(out.output_);
    out.ready_seconds_ = (wall_ns() - began) / 1e9;
    const auto colon = line.rfind(':');
    const char* const last = line.data() + line.size();
    if (!line.starts_with("listening on ") || colon == std::string::npos ||
        std::from_chars(line.data() + colon + 1, last, out.at_.port).ptr != last)
        return error{errc::corrupt,
                     fmt::format("{} local said '{}' and not where it listens", program, line)};
    return out;
}

local_server::local_server(local_server&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      at_(other.at_),
      ready_seconds_(other.ready_seconds_) {}

local_server::~local_server() {
    if (pid_ > 0) {
        // It holds nothing worth a grace.
        ::kill(pid_, SIGKILL);
        int status = 0;
        ::waitpid(pid_, &status, 0);
    }
    if (output_ >= 0) ::close(output_);
}

}  // namespace trainyard::bench
