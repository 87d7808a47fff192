// A server in a process of its own, and what a process has used.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "bench/closed_loop.hpp"
#include "engine/base/result.hpp"

namespace trainyard::bench {

struct process_use {
    double cpu_seconds = 0;     // user and system, of all its threads, since it began
    double resident_bytes = 0;  // now
};
// From /proc/PID.
result<process_use> use_of(pid_t pid);

// The path of a program in the folder of the running one.
std::string beside_this_program(const char* name);

// A program that is killed with this object: nothing that a benchmark starts holds anything worth a grace.
class child_process {
public:
    // The program's path and its arguments; "NAME=VALUE" each. `heard`: the descriptor of the child that
    // line() reads; the other goes where ours goes.
    static result<child_process> start(std::vector<std::string> words, std::vector<std::string> environment,
                                       int heard);
    child_process(child_process&& other) noexcept;
    child_process& operator=(child_process&&) = delete;
    ~child_process();

    // Waits for the next line that it writes; empty when it ends first.
    std::string line() const;
    // False when so much time passes and it writes nothing and does not end.
    bool speaks_within(int ms) const;
    // SIGTERM, and waits. Error: it did not end with 0; the message has its last line.
    result<void> stop();
    pid_t pid() const { return pid_; }

private:
    child_process() = default;
    pid_t pid_ = -1;
    int output_ = -1;
};

// `trainyard local` on a free port, from its start to the end of this object.
class local_server {
public:
    // `program`: the path of `trainyard`; `options`: further ones of `local`.
    static result<local_server> start(const std::string& program,
                                      const std::vector<std::string>& options = {});

    const endpoint& at() const { return at_; }
    pid_t pid() const { return child_.pid(); }
    // From before the process was made to the line that tells the port.
    double ready_seconds() const { return ready_seconds_; }

private:
    explicit local_server(child_process child) : child_(std::move(child)) {}
    child_process child_;
    endpoint at_;
    double ready_seconds_ = 0;
};

}  // namespace trainyard::bench
