// One timer per connection for all its deadlines: moving a deadline is a store, not a timer operation.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <functional>
#include <memory>

#include "engine/base/time.hpp"

namespace trainyard::http {

class watchdog {
public:
    // `expire` runs once per passed deadline, on the executor, and never after the destructor.
    watchdog(const boost::asio::any_io_executor& executor, std::function<void()> expire);
    ~watchdog();
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;

    void arm(mono_time until);  // replaces the deadline and forgets that an earlier one passed
    void disarm();
    void stop();         // disarms and lets the timer go, so that the context can run out of work
    bool fired() const;  // since the last arm()

private:
    struct state;
    std::shared_ptr<state> state_;
};

}  // namespace trainyard::http
