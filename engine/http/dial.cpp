#include "engine/http/dial.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "engine/http/race.hpp"
#include "engine/http/resolve.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::size_t connect_answer_bytes_max = 8U << 10U;

struct race {
    race(asio::io_context& context, std::vector<tcp::endpoint> addresses)
        : io(context),
          endpoints(std::move(addresses)),
          plan(endpoints.size()),
          changed(context),
          members(context) {}

    asio::io_context& io;
    std::vector<tcp::endpoint> endpoints;
    race_plan plan;
    dialed out;
    io::event changed;
    io::task_group members;
};

task<void> attempt(race& r, std::size_t which, mono_time until) {
    const tcp::endpoint where = r.endpoints[which];
    tcp::socket socket(r.io);
    watchdog limit(r.io.get_executor(), [&socket] {
        error_code ignored;
        socket.close(ignored);
    });
    limit.arm(until);
    error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await socket.async_connect(where, token);
    if (r.out.socket) co_return;  // another one was faster
    r.changed.set();
    if (!failure && !limit.fired()) {
        error_code ignored;
        socket.set_option(tcp::no_delay(true), ignored);
        r.out.where = where;
        r.out.until = until;
        r.out.socket.emplace(std::move(socket));
        co_return;
    }
    r.plan.ended();
    r.out.failed.push_back(where);
    r.out.failures.push_back(fmt::format("{}: {}", address_text(where.address()),
                                         limit.fired() ? "connecting timed out" : failure.message()));
}

}  // namespace

bool dialed::tried(const endpoint& e) const {
    return e == where || std::find(failed.begin(), failed.end(), e) != failed.end();
}

task<dialed> dial(asio::io_context& io, std::vector<tcp::endpoint> where, duration attempt_max,
                  mono_time deadline) {
    race r(io, std::move(where));
    while (!r.out.socket) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) break;
        const mono_time now = io::real_clock().mono();
        const race_plan::step next = r.plan.next(now);
        if (next.what == race_plan::action::lost) break;
        if (next.what == race_plan::action::start) {
            const mono_time until = std::min(deadline, now + attempt_max);
            r.members.spawn([&r, which = next.which, until] { return attempt(r, which, until); });
            continue;
        }
        // Attempts end by themselves; without one left to start there is nothing else to wait for.
        const mono_time wake = next.until;
        co_await r.changed.wait_until(wake);
    }
    const bool won = r.out.socket.has_value();
    r.members.cancel();
    co_await r.members.join();
    if (!won) r.out.socket.reset();
    co_return std::move(r.out);
}

task<result<void>> open_tunnel(connection& c, const origin& to, const proxy& via) {
    const secret asked = connect_request(to, via);
    const auto bytes = asio::buffer(asked.reveal());
    error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await asio::async_write(c.socket, bytes, token);
    std::string answer;
    std::size_t end = std::string::npos;
    while (!failure && end == std::string::npos && answer.size() < connect_answer_bytes_max) {
        const std::size_t before = answer.size();
        answer.resize(connect_answer_bytes_max);
        const auto space = asio::buffer(answer.data() + before, answer.size() - before);
        auto next = asio::redirect_error(asio::use_awaitable, failure);
        const std::size_t n = co_await c.socket.async_read_some(space, next);
        answer.resize(before + n);
        end = answer.find("\r\n\r\n");
    }
    const auto fail = [&via](std::string_view why) {
        return error{errc::unreachable, fmt::format("the proxy {} {}", via.to_string(), why)};
    };
    if (failure) co_return fail("broke the connection: " + failure.message());
    if (end == std::string::npos) co_return fail("answers with too large a header");
    const auto granted = check_connect_answer(std::string_view(answer).substr(0, end + 4), via);
    if (!granted) co_return granted.error();
    // Nobody behind the tunnel was spoken to yet.
    if (answer.size() > end + 4) co_return fail("sent bytes that nobody asked for after its answer");
    co_return result<void>{};
}

}  // namespace trainyard::http
