#include "aws/local/events/events_service.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <utility>

#include "aws/local/events/events_operations.hpp"
#include "aws/local/events/sagemaker_events.hpp"

namespace trainyard::aws::local::events {

struct events_service::impl {
    impl(boost::asio::io_context& io, const clock& c, const events_options& options,
         const authorizer& permissions, send_function s)
        : time(c),
          timer(io),
          send(std::move(s)),
          operations(options.seed, options.faults, permissions, options.needs) {}

    std::optional<wall_time> next() const {
        const auto a = operations.next(), b = feed.next ? feed.next() : std::nullopt;
        if (!a || !b) return a ? a : b;
        return std::min(*a, *b);
    }

    // Does what is due and waits for the rest. `now` is the wall time of this moment.
    void run(wall_time now) {
        if (stopped) return;
        if (feed.take)
            for (const state_change& change : feed.take(now))
                operations.publish(sagemaker_event(change), now);
        // A report may make a dead letter due at once.
        for (auto due = operations.take(now); !due.empty(); due = operations.take(now))
            for (const delivery_command& c : due) operations.report(c.number, send(c, now), now);
        wait(now);
    }

    void wait(wall_time now) {
        const auto due = next();
        if (!due) return void(timer.cancel());
        const mono_time began = time.mono();
        timer.expires_after(std::max(*due - now, duration{0}));
        timer.async_wait([this, now, began, alive = std::weak_ptr<const char>(lifetime)](const auto& failed) {
            if (failed || alive.expired()) return;
            run(now + (time.mono() - began));
            if (timed) timed();
        });
    }

    const clock& time;
    boost::asio::steady_timer timer;
    send_function send;
    change_feed feed;
    std::function<void()> timed;
    events_operations operations;
    bool stopped = false;
    std::shared_ptr<const char> lifetime =
        std::make_shared<const char>();  // of what the timer's handler uses
};

events_service::events_service(boost::asio::io_context& io, const clock& time, const events_options& options,
                               const authorizer& permissions, send_function send)
    : impl_(std::make_unique<impl>(io, time, options, permissions, std::move(send))) {}

events_service::~events_service() = default;

service_reply events_service::handle(const operation_call& call) {
    auto reply = impl_->operations.perform(call);
    impl_->run(call.now);
    return reply;
}

void events_service::set_feed(change_feed feed) {
    impl_->feed = std::move(feed);
}

void events_service::look(wall_time now) {
    impl_->run(now);
}

delivery_machine& events_service::deliveries() {
    return impl_->operations.deliveries();
}

std::vector<durable*> events_service::kept() {
    return impl_->operations.kept();
}

void events_service::on_timer(std::function<void()> hear) {
    impl_->timed = std::move(hear);
}

void events_service::stop() {
    impl_->stopped = true;
    impl_->timer.cancel();
}

}  // namespace trainyard::aws::local::events
