// Waiting on one io_context thread: a deadline, and an event that wakes a waiter.
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "engine/base/time.hpp"
#include "engine/io/task.hpp"

namespace trainyard::io {

// Suspends the current coroutine until `until` (of real_clock().mono()). False when it was cancelled before.
task<bool> sleep_until(mono_time until);

// Auto-reset event: set() wakes every current waiter, or, when there is none, lets the next wait() return at
// once. Use on one thread only. May be destroyed only when nobody waits.
class event {
public:
    explicit event(boost::asio::io_context& io);
    ~event();
    event(const event&) = delete;
    event& operator=(const event&) = delete;

    void set();
    // True when set; false when `until` passed or the wait was cancelled.
    task<bool> wait_until(mono_time until);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::io
