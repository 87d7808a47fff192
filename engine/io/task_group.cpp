#include "engine/io/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <list>

#include "engine/base/check.hpp"

namespace trainyard::io {
namespace {

namespace asio = boost::asio;

[[noreturn]] void abort_on(std::exception_ptr escaped) {
    try {
        std::rethrow_exception(std::move(escaped));
    } catch (const std::exception& e) {
        check_failed("exception in a task_group member", e.what(), std::source_location::current());
    } catch (...) {
        check_failed("exception in a task_group member", "not a std::exception",
                     std::source_location::current());
    }
}

}  // namespace

struct task_group::impl : std::enable_shared_from_this<impl> {
    struct member {
        asio::cancellation_signal signal;
        bool started = false;
    };
    using member_list = std::list<member>;  // signals must not move

    explicit impl(asio::io_context& context) : io(context) {}

    static task<void> run(std::shared_ptr<impl> self, member_list::iterator me,
                          std::function<task<void>()> make);
    void finished(member_list::iterator me);

    asio::io_context& io;
    member_list members;
    std::list<asio::steady_timer> joiners;
    bool cancelled = false;
};

task<void> task_group::impl::run(std::shared_ptr<impl> self, member_list::iterator me,
                                 std::function<task<void>()> make) {
    // Members see cancellation as the result of what they await, not as an exception.
    co_await asio::this_coro::throw_if_cancelled(false);
    me->started = true;
    // Asio drops a coroutine that is cancelled before its first step; every member must run, to release what
    // it holds.
    if (self->cancelled) me->signal.emit(asio::cancellation_type::terminal);
    task<void> body = make();
    co_await std::move(body);
}

void task_group::impl::finished(member_list::iterator me) {
    members.erase(me);
    if (!members.empty()) return;
    for (asio::steady_timer& joiner : joiners) joiner.cancel();
}

task_group::task_group(asio::io_context& io) : impl_(std::make_shared<impl>(io)) {}

task_group::~task_group() {
    TY_CHECK(impl_->members.empty(), "a task_group was destroyed before join() completed");
}

void task_group::spawn(std::function<task<void>()> make) {
    const auto me = impl_->members.emplace(impl_->members.end());
    auto done = [self = impl_, me](std::exception_ptr escaped) {
        if (escaped) abort_on(std::move(escaped));
        self->finished(me);
    };
    asio::co_spawn(impl_->io, impl::run(impl_, me, std::move(make)),
                   asio::bind_cancellation_slot(me->signal.slot(), std::move(done)));
}

void task_group::cancel() {
    impl_->cancelled = true;
    for (auto it = impl_->members.begin(); it != impl_->members.end();) {
        const auto me = it++;  // a member may end, and leave the list, while its signal is delivered
        if (me->started) me->signal.emit(asio::cancellation_type::terminal);
    }
}

std::size_t task_group::size() const {
    return impl_->members.size();
}

task<void> task_group::join() {
    const std::shared_ptr<impl> self = impl_;
    if (self->members.empty()) co_return;
    const auto me = self->joiners.emplace(self->joiners.end(), self->io);
    // A cancelled joiner waits on: leaving early would leave members without a group.
    while (!self->members.empty()) {
        boost::system::error_code ignored;
        auto token = asio::redirect_error(asio::use_awaitable, ignored);
        me->expires_at(asio::steady_timer::time_point::max());
        co_await me->async_wait(token);
    }
    self->joiners.erase(me);
}

}  // namespace trainyard::io
