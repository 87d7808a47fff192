// The driver of refresh_machine: fetches with AssumeRole, lets everyone else wait for the one fetch.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include "aws/credentials/refresh.hpp"
#include "aws/sts/client.hpp"
#include "engine/io/event.hpp"

namespace trainyard::aws::sts {

namespace {

// A fetch beside a good set may hold up its one caller for this long.
constexpr duration early_fetch_max = std::chrono::seconds{5};

class assumed_role_provider final : public credentials_provider {
public:
    assumed_role_provider(transport& t, endpoint where, std::shared_ptr<credentials_provider> base,
                          assume_role_request request, std::uint64_t seed)
        : time_(&t.time()),
          sts_(t, std::move(where), std::move(base)),
          request_(std::move(request)),
          machine_({}, rng{seed}.split(request_.role_arn)) {}

    task<result<credentials_snapshot>> get(mono_time deadline) override;
    void invalidate(const sigv4::credentials& stale) override { machine_.invalidate(stale); }
    std::string describe() const override { return "role " + request_.role_arn; }

private:
    // Ends a fetch on every way out, so that a cancelled caller does not leave the others waiting.
    struct running_fetch {
        assumed_role_provider& owner;
        ~running_fetch() {
            if (owner.machine_.fetching()) owner.machine_.abandoned();
            if (owner.fetched_) owner.fetched_->set();
        }
    };
    task<bool> fetch(mono_time deadline);  // false: cancelled
    task<bool> wait(mono_time deadline);

    const clock* time_;
    client sts_;
    assume_role_request request_;
    refresh_machine machine_;
    std::unique_ptr<io::event> fetched_;
};

task<result<credentials_snapshot>> assumed_role_provider::get(mono_time deadline) {
    using action = refresh_machine::action;
    for (;;) {
        const auto next = machine_.want(time_->mono(), time_->wall());
        if (next == action::use) co_return result<credentials_snapshot>{machine_.current()};
        if (next == action::fail) co_return machine_.last_error();
        if (next == action::wait) {
            const bool woken = co_await wait(deadline);
            if (!woken) co_return error{errc::timeout, "waiting for AssumeRole took too long"};
            continue;
        }
        const bool early = next == action::use_and_fetch;
        const credentials_snapshot before = machine_.current();
        const mono_time until = early ? std::min(deadline, time_->mono() + early_fetch_max) : deadline;
        const bool ended = co_await fetch(until);
        if (!ended) co_return error{errc::cancelled, "AssumeRole was cancelled"};
        if (early && !machine_.current()) co_return result<credentials_snapshot>{before};
    }
}

task<bool> assumed_role_provider::fetch(mono_time deadline) {
    running_fetch guard{*this};
    auto got = co_await sts_.assume_role(request_, deadline);
    if (!got && got.error().kind == failure::cancelled) co_return false;
    result<credentials_snapshot> outcome{error{errc::internal, {}}};
    if (got)
        outcome = std::make_shared<const sigv4::credentials>(std::move(*got));
    else
        outcome = to_error(got.error());
    machine_.fetched(std::move(outcome), time_->mono(), time_->wall());
    co_return true;
}

task<bool> assumed_role_provider::wait(mono_time deadline) {
    if (!fetched_) {
        const auto executor = co_await boost::asio::this_coro::executor;
        auto& context = boost::asio::query(executor, boost::asio::execution::context);
        fetched_ = std::make_unique<io::event>(static_cast<boost::asio::io_context&>(context));
    }
    const bool woken = co_await fetched_->wait_until(deadline);
    co_return woken;
}

}  // namespace

std::shared_ptr<credentials_provider> make_assumed_role_provider(transport& t, endpoint where,
                                                                 std::shared_ptr<credentials_provider> base,
                                                                 assume_role_request request,
                                                                 std::uint64_t seed) {
    return std::make_shared<assumed_role_provider>(t, std::move(where), std::move(base), std::move(request),
                                                   seed);
}

}  // namespace trainyard::aws::sts
