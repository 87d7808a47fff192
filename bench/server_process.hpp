// A server in a process of its own, and what a process has used.
#pragma once

#include <sys/types.h>

#include <string>

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

// `trainyard local` on a free port, from its start to the end of this object.
class local_server {
public:
    // `program`: the path of `trainyard`.
    static result<local_server> start(const std::string& program);
    local_server(local_server&& other) noexcept;
    local_server& operator=(local_server&&) = delete;
    ~local_server();

    const endpoint& at() const { return at_; }
    pid_t pid() const { return pid_; }
    // From before the process was made to the line that tells the port.
    double ready_seconds() const { return ready_seconds_; }

private:
    local_server() = default;
    pid_t pid_ = -1;
    int output_ = -1;
    endpoint at_;
    double ready_seconds_ = 0;
};

}  // namespace trainyard::bench
