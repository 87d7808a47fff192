#include "engine/http/client.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <unordered_map>

#include "engine/base/check.hpp"
#include "engine/http/connect.hpp"
#include "engine/http/exchange.hpp"
#include "engine/http/pool.hpp"
#include "engine/http/watchdog.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;

// Everything of one origin. Stays at one address as long as the client.
struct origin_pool {
    explicit origin_pool(pool_limits limits) : slots(limits) {}
    pool slots;
    std::unordered_map<pool::slot, std::unique_ptr<connection>> connections;
};

struct waiter {
    io::event granted;
    std::optional<pool::grant> got;
};

}  // namespace

struct client::impl {
    impl(asio::io_context& context, client_options given)
        : io(context),
          options(std::move(given)),
          connects(context, options, stats),
          janitor(context.get_executor(), [this] { sweep(); }),
          idle(context) {}

    origin_pool& pool_of(const origin& to);
    task<result<pool::grant>> wait_for_turn(origin_pool& from, pool::ticket me, const origin& to,
                                            mono_time deadline);
    void give_back(origin_pool& to, pool::slot which, bool reusable);
    connection& connection_of(origin_pool& from, pool::slot which);
    task<result<void>> connect(origin_pool& from, pool::slot which, const origin& to, mono_time deadline);
    task<result<response>> send(origin to, request what, lane which, mono_time deadline,
                                bool resend_when_stale);
    task<result<response>> exchange(const origin& to, const request& what, lane which, mono_time deadline,
                                    bool resend_when_stale);
    task<result<response>> use(origin_pool& from, pool::grant g, const origin& to, const request& what,
                               mono_time deadline, bool resend_when_stale, bool& reusable);
    void sweep();

    asio::io_context& io;
    client_options options;
    client_stats stats;
    connector connects;
    std::map<origin, origin_pool> pools;
    std::unordered_map<pool::ticket, waiter*> waiters;
    pool::ticket next_ticket = 1;
    std::size_t running = 0;
    bool closed = false;
    mono_time next_sweep = mono_time::max();
    watchdog janitor;
    io::event idle;
};

origin_pool& client::impl::pool_of(const origin& to) {
    const pool_limits limits{options.connections_per_origin_and_lane, options.connections_per_host,
                             options.connections_reserved_per_lane, options.idle_max,
                             options.connection_age_max};
    return pools.try_emplace(to, limits).first->second;
}

task<result<pool::grant>> client::impl::wait_for_turn(origin_pool& from, pool::ticket me, const origin& to,
                                                      mono_time deadline) {
    waiter self{io::event(io), std::nullopt};
    waiters.emplace(me, &self);
    co_await self.granted.wait_until(deadline);
    waiters.erase(me);
    if (self.got) co_return *self.got;
    from.slots.withdraw(me);
    if (io::real_clock().mono() < deadline)
        co_return error{errc::cancelled, to.to_string() + ": cancelled while waiting for a connection"};
    // Nothing was sent, so this is not errc::timeout, whose effect is unknown.
    co_return error{errc::unreachable,
                    to.to_string() + ": every connection of this lane was busy until the deadline"};
}

void client::impl::give_back(origin_pool& to, pool::slot which, bool reusable) {
    const mono_time now = io::real_clock().mono();
    const auto next = to.slots.give_back(which, reusable, now);
    if (!to.slots.holds(which)) to.connections.erase(which);
    if (next) {
        waiter& first = *waiters.at(next->first);
        first.got = next->second;
        first.granted.set();
        return;
    }
    if (to.slots.holds(which)) to.connections.at(which)->rest();
    const mono_time due = to.slots.next_expiry();
    if (due >= next_sweep) return;
    next_sweep = due;
    janitor.arm(due);
}

connection& client::impl::connection_of(origin_pool& from, pool::slot which) {
    std::unique_ptr<connection>& c = from.connections[which];
    // Room for a head and for one read; Beast takes bodies out of the buffer as they come. An idle connection
    // keeps none of it.
    if (!c) c = std::make_unique<connection>(io, options.header_bytes_max + (64U << 10U), 0);
    return *c;
}

task<result<void>> client::impl::connect(origin_pool& from, pool::slot which, const origin& to,
                                         mono_time deadline) {
    connection& c = connection_of(from, which);
    auto opened = co_await connects.open(c, to, deadline);
    if (!opened) co_return opened;
    ++stats.connections_opened;
    from.slots.opened(which, io::real_clock().mono());
    co_return opened;
}

task<result<response>> client::impl::use(origin_pool& from, pool::grant g, const origin& to,
                                         const request& what, mono_time deadline, bool resend_when_stale,
                                         bool& reusable) {
    bool reused = !g.open && !gone_stale(*from.connections.at(g.which));
    bool sent_before = false;
    for (;;) {
        if (!reused) {
            const auto opened = co_await connect(from, g.which, to, deadline);
            if (!opened && sent_before)
                co_return error{errc::io,
                                fmt::format("{}: closed a reused connection without an answer, and then: {}; "
                                            "whether the request took effect is unknown",
                                            to.to_string(), opened.error().message)};
            if (!opened) co_return opened.error();
        } else {
            ++stats.connections_reused;
        }
        connection& c = *from.connections.at(g.which);
        answer got = co_await run_exchange(c, to, what, options, deadline);
        reusable = got.reusable;
        if (got.value || !reused || !got.nothing_came || !resend_when_stale) co_return std::move(got.value);
        ++stats.stale_retries;
        reused = false;
        sent_before = true;
    }
}

task<result<response>> client::impl::exchange(const origin& to, const request& what, lane which,
                                              mono_time deadline, bool resend_when_stale) {
    if (const auto fine = check_request(what); !fine) co_return fine.error();
    if (closed) co_return error{errc::cancelled, to.to_string() + ": the client is closed"};
    // Asio delivers a cancellation once; what starts later has to look.
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none)
        co_return error{errc::cancelled, to.to_string() + ": cancelled; nothing was sent"};
    origin_pool& from = pool_of(to);
    const pool::ticket me = next_ticket++;
    auto granted = from.slots.acquire(which, me, io::real_clock().mono());
    if (!granted) {
        const auto waited = co_await wait_for_turn(from, me, to, deadline);
        if (!waited) co_return waited.error();
        granted = *waited;
    }
    bool reusable = false;
    auto got = co_await use(from, *granted, to, what, deadline, resend_when_stale, reusable);
    give_back(from, granted->which, reusable && !closed);
    co_return got;
}

task<result<response>> client::impl::send(origin to, request what, lane which, mono_time deadline,
                                          bool resend_when_stale) {
    ++stats.requests;
    ++running;
    auto got = co_await exchange(to, what, which, deadline, resend_when_stale);
    if (!got) ++stats.failures;
    if (--running == 0) idle.set();
    co_return got;
}

// Closes what is idle for too long (after close(): whatever is idle), and looks again when the next is due.
void client::impl::sweep() {
    const mono_time now = closed ? mono_time::max() : io::real_clock().mono();
    next_sweep = mono_time::max();
    for (auto& [key, p] : pools) {
        for (const pool::slot gone : p.slots.expire(now)) p.connections.erase(gone);
        next_sweep = std::min(next_sweep, p.slots.next_expiry());
    }
    janitor.arm(next_sweep);
}

client::client(asio::io_context& io, client_options options)
    : impl_(std::make_unique<impl>(io, std::move(options))) {}

client::~client() {
    TY_CHECK(impl_->running == 0, "a client was destroyed while a request runs; await close()");
}

task<result<response>> client::send(origin to, request what, lane which, mono_time deadline,
                                    bool resend_when_stale) {
    return impl_->send(std::move(to), std::move(what), which, deadline, resend_when_stale);
}

task<void> client::close() {
    impl& self = *impl_;
    self.closed = true;
    self.sweep();
    while (self.running > 0) {
        const mono_time forever = mono_time::max();
        co_await self.idle.wait_until(forever);
    }
    self.janitor.stop();
}

const client_stats& client::stats() const {
    return impl_->stats;
}

}  // namespace trainyard::http
