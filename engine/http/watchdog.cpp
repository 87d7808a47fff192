#include "engine/http/watchdog.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "engine/io/real_clock.hpp"

namespace trainyard::http {
namespace {

// Asio's timers stand still while the machine is suspended, mono() does not.
constexpr duration nap_max = std::chrono::minutes{1};

}  // namespace

struct watchdog::state : std::enable_shared_from_this<state> {
    state(const boost::asio::any_io_executor& executor, std::function<void()> act)
        : timer(executor), expire(std::move(act)) {}

    void start();
    void wake();

    boost::asio::steady_timer timer;
    std::function<void()> expire;
    mono_time until = mono_time::max();
    mono_time armed_for = mono_time::max();  // when the timer goes off; max: it does not run
    bool fired = false;
};

void watchdog::state::start() {
    const mono_time now = io::real_clock().mono();
    const duration nap = until <= now ? duration::zero() : std::min(until - now, nap_max);
    armed_for = now + nap;
    timer.expires_after(nap);
    timer.async_wait([self = shared_from_this()](const boost::system::error_code& failure) {
        if (!failure) self->wake();
    });
}

void watchdog::state::wake() {
    armed_for = mono_time::max();
    if (until == mono_time::max() || !expire) return;
    if (io::real_clock().mono() < until) return start();
    until = mono_time::max();
    fired = true;
    expire();
}

watchdog::watchdog(const boost::asio::any_io_executor& executor, std::function<void()> expire)
    : state_(std::make_shared<state>(executor, std::move(expire))) {}

watchdog::~watchdog() {
    state_->expire = nullptr;
    state_->timer.cancel();
}

void watchdog::arm(mono_time until) {
    state_->fired = false;
    state_->until = until;
    if (until < state_->armed_for) state_->start();
}

void watchdog::disarm() {
    state_->until = mono_time::max();
}

void watchdog::stop() {
    disarm();
    state_->armed_for = mono_time::max();
    state_->timer.cancel();
}

bool watchdog::fired() const {
    return state_->fired;
}

}  // namespace trainyard::http
