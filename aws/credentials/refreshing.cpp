#include "aws/credentials/refreshing.hpp"

#include "engine/io/event.hpp"

namespace trainyard::aws {

namespace {

class refreshing_provider final : public credentials_provider,
                                  public std::enable_shared_from_this<refreshing_provider> {
public:
    refreshing_provider(boost::asio::io_context& io, const clock& time, io::task_group& fetches,
                        fetch_function fetch, std::string description, std::uint64_t seed,
                        refreshing_options options)
        : time_(&time),
          fetches_(&fetches),
          fetch_(std::move(fetch)),
          description_(std::move(description)),
          fetch_max_(options.fetch_max),
          machine_(options.refresh, rng{seed}.split(description_)),
          ended_(io) {}

    task<result<credentials_snapshot>> get(mono_time deadline) override;
    void invalidate(const sigv4::credentials& stale) override { machine_.invalidate(stale); }
    std::string describe() const override { return description_; }

private:
    void start();
    static task<void> run(std::shared_ptr<refreshing_provider> self);

    const clock* time_;
    io::task_group* fetches_;
    fetch_function fetch_;
    std::string description_;
    duration fetch_max_;
    refresh_machine machine_;
    io::event ended_;
    bool shut_down_ = false;
};

task<result<credentials_snapshot>> refreshing_provider::get(mono_time deadline) {
    using action = refresh_machine::action;
    // A waiter keeps the provider, and with it the event it waits on.
    const auto self = shared_from_this();
    for (;;) {
        const auto next = machine_.want(time_->mono(), time_->wall());
        if (next == action::fetch || next == action::use_and_fetch) start();
        if (next == action::use || next == action::use_and_fetch) {
            result<credentials_snapshot> out{machine_.current()};
            co_return out;
        }
        if (shut_down_) co_return error{errc::cancelled, "shutting down"};
        if (next == action::fail) co_return machine_.last_error();
        const bool woken = co_await ended_.wait_until(deadline);
        if (!woken && time_->mono() < deadline)
            co_return error{errc::cancelled, "cancelled while waiting for credentials"};
        if (!woken) co_return error{errc::timeout, "no credentials came in time"};
    }
}

void refreshing_provider::start() {
    if (shut_down_) return machine_.abandoned();
    fetches_->spawn([self = shared_from_this()] { return run(self); });
}

task<void> refreshing_provider::run(std::shared_ptr<refreshing_provider> self) {
    refreshing_provider& me = *self;
    const mono_time deadline = me.time_->mono() + me.fetch_max_;
    auto got = co_await me.fetch_(deadline);
    if (!got && got.error().code == errc::cancelled) {
        // Only the group's end cancels a fetch; it says nothing about the source.
        me.shut_down_ = true;
        me.machine_.abandoned();
    } else {
        result<credentials_snapshot> outcome{error{}};
        if (got)
            outcome = std::make_shared<const sigv4::credentials>(std::move(*got));
        else
            outcome = got.error();
        me.machine_.fetched(std::move(outcome), me.time_->mono(), me.time_->wall());
    }
    me.ended_.set();
}

}  // namespace

std::shared_ptr<credentials_provider> make_refreshing_provider(boost::asio::io_context& io, const clock& time,
                                                               io::task_group& fetches, fetch_function fetch,
                                                               std::string description, std::uint64_t seed,
                                                               refreshing_options options) {
    return std::make_shared<refreshing_provider>(io, time, fetches, std::move(fetch), std::move(description),
                                                 seed, options);
}

}  // namespace trainyard::aws
