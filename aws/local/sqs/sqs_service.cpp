#include "aws/local/sqs/sqs_service.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <list>
#include <memory>
#include <unordered_map>
#include <utility>

#include "aws/local/sqs/sqs_operations.hpp"
#include "engine/io/event.hpp"

namespace trainyard::aws::local {

// Long polls of one queue stand in line. Only the first looks at the queue's next change; when it leaves, it
// wakes the one behind it. So a message wakes one poll, not all, and no wake-up is lost: each one that leaves
// passes it on.
struct sqs_service::impl {
    struct poll {
        explicit poll(boost::asio::io_context& io) : wake(io) {}
        io::event wake;
    };
    using line = std::list<poll>;

    // A place in line for as long as the poll waits.
    class place {
    public:
        place(impl& service, std::uint64_t queue_id)
            : service_(service),
              id_(queue_id),
              line_(service.lines[queue_id]),
              me_(line_.emplace(line_.end(), service.io)) {}
        ~place() {
            line_.erase(me_);
            if (line_.empty())
                service_.lines.erase(id_);
            else
                line_.front().wake.set();
        }
        place(const place&) = delete;
        place& operator=(const place&) = delete;
        bool is_first() const { return me_ == line_.begin(); }
        io::event& wake() { return me_->wake; }

    private:
        impl& service_;
        std::uint64_t id_;
        line& line_;  // nodes of an unordered_map stay in place
        line::iterator me_;
    };

    impl(boost::asio::io_context& context, const clock& c, std::uint64_t seed, const authorizer& permissions)
        : io(context),
          time(c),
          mover(context),
          operations(seed, [this](const queue& q) { changed(q); }, permissions) {}

    void changed(const queue& q) {
        const auto waiting = lines.find(q.id);
        if (waiting == lines.end()) return;
        if (!q.deleted) return waiting->second.front().wake.set();
        for (poll& p : waiting->second) p.wake.set();
    }

    // So that a long poll hears of a moved message. `now` is the wall time of this moment.
    void schedule_moves(wall_time now) {
        const auto next = released ? std::nullopt : operations.next_move();
        if (!next) return;
        const mono_time began = time.mono();
        mover.expires_after(*next - now);
        mover.async_wait([this, now, began, alive = std::weak_ptr<const char>(lifetime)](const auto& failed) {
            if (failed || alive.expired() || released) return;
            const wall_time then = now + (time.mono() - began);
            operations.advance(then);
            schedule_moves(then);
            if (timed) timed();
        });
    }

    task<service_reply> wait_for_messages(const operation_call& call, const receive_call& r);

    boost::asio::io_context& io;
    const clock& time;
    boost::asio::steady_timer mover;
    std::shared_ptr<const char> lifetime =
        std::make_shared<const char>();             // of what the timer's handler uses
    std::unordered_map<std::uint64_t, line> lines;  // by queue id, never empty ones
    sqs_operations operations;
    std::function<void()> timed;
    bool released = false;
    duration skipped{};  // since this began; long polls live through it
};

task<service_reply> sqs_service::impl::wait_for_messages(const operation_call& call, const receive_call& r) {
    const mono_time began = time.mono();
    const duration skipped_before = skipped;
    place me(*this, r.from->id);
    bool waiting = true;
    while (waiting && !released && !r.from->deleted) {
        // On the scale of mono(), which does not skip.
        const duration skipped_since = skipped - skipped_before;
        const mono_time deadline = began + r.wait - skipped_since;
        mono_time until = deadline;
        if (me.is_first())
            if (const auto next = r.from->store.next_wakeup())
                until = std::min(until, began + (*next - call.now) - skipped_since);
        const bool woken = co_await me.wake().wait_until(until);
        const mono_time now = time.mono();
        if (!woken && now < until) break;  // cancelled: nobody is left to take a message
        const duration passed = now - began + (skipped - skipped_before);
        waiting = passed < r.wait;
        if (me.is_first() || !waiting) {
            auto reply = operations.try_receive(r, call.now + passed);
            if (reply) co_return std::move(*reply);
        }
    }
    if (r.from->deleted) co_return sqs_error::queue_does_not_exist();
    co_return std::string("{}");
}

sqs_service::sqs_service(boost::asio::io_context& io, const clock& time, std::uint64_t seed,
                         const authorizer& permissions)
    : impl_(std::make_unique<impl>(io, time, seed, permissions)) {}

sqs_service::~sqs_service() = default;

service_reply sqs_service::perform(const operation_call& call) {
    auto reply = impl_->operations.perform(call);
    impl_->schedule_moves(call.now);
    return reply;
}

task<service_reply> sqs_service::handle(operation_call call) {
    impl& self = *impl_;
    if (call.operation != "ReceiveMessage") co_return perform(call);
    const auto begun = self.operations.begin_receive(call);
    if (!begun) co_return begun.error();
    auto at_once = self.operations.try_receive(*begun, call.now);
    if (at_once) co_return std::move(*at_once);
    if (begun->wait.count() == 0 || self.released) co_return std::string("{}");
    const receive_call& r = *begun;
    service_reply reply = co_await self.wait_for_messages(call, r);
    co_return reply;
}

service_reply sqs_service::send_from_service(const service_message& m, wall_time now) {
    auto reply = impl_->operations.send_from_service(m, now);
    impl_->schedule_moves(now);
    return reply;
}

void sqs_service::release_polls() {
    impl_->released = true;
    impl_->mover.cancel();
    for (auto& [id, line] : impl_->lines)
        for (impl::poll& p : line) p.wake.set();
}

void sqs_service::skipped(duration d) {
    impl& self = *impl_;
    self.skipped += d;
    const wall_time now = self.time.wall();
    self.operations.advance(now);
    self.schedule_moves(now);
    // All of them: the time of each may be up.
    for (auto& [id, line] : self.lines)
        for (impl::poll& p : line) p.wake.set();
}

durable& sqs_service::kept() {
    return impl_->operations.kept();
}

void sqs_service::on_timer(std::function<void()> hear) {
    impl_->timed = std::move(hear);
}

void sqs_service::began() {
    impl_->schedule_moves(impl_->time.wall());
}

queue_store::counts sqs_service::counts(wall_time now) const {
    return impl_->operations.counts(now);
}

std::size_t sqs_service::polls() const {
    std::size_t n = 0;
    for (const auto& [id, line] : impl_->lines) n += line.size();
    return n;
}

bool sqs_service::has_high_throughput(const queue_key& key) const {
    const auto found = impl_->operations.find(key);
    return found && found->attributes.is("FifoThroughputLimit", "perMessageGroupId");
}

std::size_t sqs_service::messages() const {
    return impl_->operations.messages();
}

}  // namespace trainyard::aws::local
