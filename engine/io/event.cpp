#include "engine/io/event.hpp"

#include <algorithm>
#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <list>

#include "engine/base/check.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::io {
namespace {

namespace asio = boost::asio;

// Asio's timers stand still while the machine is suspended and mono() does not: one nap of a long wait is
// short, so that a waiter whose time passed during a suspend is late by this much at most.
constexpr duration nap_max = std::chrono::minutes{1};

// True while there is time left; then `timer` is set to the next nap.
bool next_nap(asio::steady_timer& timer, mono_time until) {
    const duration left = until - real_clock().mono();
    if (left <= duration::zero()) return false;
    timer.expires_after(std::min(left, nap_max));
    return true;
}

}  // namespace

task<bool> sleep_until(mono_time until) {
    const auto executor = co_await asio::this_coro::executor;
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;
    asio::steady_timer timer(executor);
    while (next_nap(timer, until)) {
        boost::system::error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        co_await timer.async_wait(token);
        if (failure) co_return false;
    }
    co_return true;
}

struct event::impl {
    struct waiter {
        asio::steady_timer timer;
        bool woken = false;
    };

    explicit impl(asio::io_context& context) : io(context) {}

    asio::io_context& io;
    std::list<waiter> waiters;
    bool is_set = false;
};

event::event(asio::io_context& io) : impl_(std::make_unique<impl>(io)) {}

event::~event() {
    TY_CHECK(impl_->waiters.empty(), "an event was destroyed under a waiter; join the waiter first");
}

void event::set() {
    bool woke_one = false;
    for (impl::waiter& w : impl_->waiters) {
        if (w.woken) continue;  // on its way out since an earlier set()
        w.woken = woke_one = true;
        w.timer.cancel();
    }
    if (!woke_one) impl_->is_set = true;
}

task<bool> event::wait_until(mono_time until) {
    impl& self = *impl_;
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) co_return false;
    if (self.is_set) {
        self.is_set = false;
        co_return true;
    }
    const auto me = self.waiters.insert(self.waiters.end(), impl::waiter{asio::steady_timer(self.io)});
    boost::system::error_code failure;
    // A cancelled timer without `woken` means that the coroutine was cancelled. A timer that fired just
    // before set() counts as woken: set() gave its signal to this waiter.
    while (!me->woken && !failure && next_nap(me->timer, until)) {
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        co_await me->timer.async_wait(token);
    }
    const bool woken = me->woken;
    self.waiters.erase(me);
    co_return woken;
}

}  // namespace trainyard::io
