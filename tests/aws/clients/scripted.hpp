// A server that answers from a script, and a transport to it, on one context.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/transport/transport.hpp"
#include "engine/http/server.hpp"
#include "engine/io/real_clock.hpp"
#include "run.hpp"

namespace trainyard::test {

// Real time that a test may move on, and a wall clock that may be wrong.
struct shifted_clock final : clock {
    duration off{}, ahead{};
    mono_time mono() const override { return io::real_clock().mono() + ahead; }
    wall_time wall() const override { return io::real_clock().wall() + off; }
};

// Gives key sets in order; moves on to the next one when the current one is invalidated.
struct scripted_provider final : aws::credentials_provider {
    std::vector<sigv4::credentials> sets;
    std::size_t now = 0;
    int invalidated = 0;
    std::optional<error> down;
    task<result<aws::credentials_snapshot>> get(mono_time) override {
        if (down) co_return *down;
        co_return std::make_shared<const sigv4::credentials>(sets[now]);
    }
    void invalidate(const sigv4::credentials&) override {
        ++invalidated;
        if (now + 1 < sets.size()) ++now;
    }
    std::string describe() const override { return "scripted"; }
};

class scripted_world {
public:
    scripted_world();
    ~scripted_world();

    // Answers in order; the last one repeats. Status 0 closes the connection without an answer.
    std::deque<http::response> script;
    std::vector<http::request> seen;
    bool vanish = false;  // at the next request: stop listening, then close its connection without an answer
    bool black_hole = false;  // never answers until the world ends

    aws::call make_call();
    aws::api_result<http::response> send(aws::call what);

    boost::asio::io_context io;
    shifted_clock time;
    metrics::registry registry;
    std::shared_ptr<scripted_provider> who = std::make_shared<scripted_provider>();
    aws::endpoint where;
    std::unique_ptr<http::client> client;
    std::unique_ptr<aws::transport> transport;

private:
    task<http::response> answer(http::request r);
    task<int> close();
    task<int> stop_serving();
    std::unique_ptr<http::server> server_;
};

}  // namespace trainyard::test
