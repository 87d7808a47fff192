// Load on an HTTP server from one thread: each connection carries one request at a time and sends the next
// when the answer is whole. Bare sockets and epoll, so that the client costs little beside the server.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard::bench {

// An IPv4 address and a port.
struct endpoint {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
    std::string authority() const;  // as the Host header has it
};

// What one connection says and makes of the answers.
class talker {
public:
    virtual ~talker() = default;
    // Appends the next request, head and body. False: nothing is left to ask. `stop`: the run ends; what has
    // begun may be brought to its end.
    virtual bool ask(std::string& out, bool stop) = 0;
    // Error: the answer is not what this load expects; it ends the run.
    virtual result<void> answered(int status, std::string_view body) = 0;
};

class closed_loop {
public:
    explicit closed_loop(endpoint to);
    ~closed_loop();  // closes the connections, whatever they wait for
    closed_loop(const closed_loop&) = delete;
    closed_loop& operator=(const closed_loop&) = delete;

    // `who` outlives the loop.
    result<void> add(talker& who);
    // Until the monotonic clock (report.hpp, wall_ns()) shows `until_ns`, or nobody has anything left to ask.
    result<void> run(double until_ns);
    // Lets everybody come to an end; fails after `patience_s`.
    result<void> finish(double patience_s);

private:
    struct connection;
    result<void> connect(connection& c);
    result<void> write(connection& c);
    result<void> read(connection& c);
    result<bool> take_answer(connection& c);
    result<void> begin(connection& c);
    result<void> turn(int timeout_ms);

    endpoint to_;
    int poll_ = -1;
    bool stop_ = false;
    std::size_t busy_ = 0;
    std::list<connection> connections_;
};

// One request, one answer.
struct plain_answer {
    int status = 0;
    std::string body;
};
result<plain_answer> ask_once(const endpoint& to, std::string request, double patience_s = 10);

}  // namespace trainyard::bench
