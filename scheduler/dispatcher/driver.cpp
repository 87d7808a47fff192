#include "scheduler/dispatcher/driver.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/rng.hpp"

namespace trainyard::dispatcher {
namespace {

// Calls under way at once. Each holds a coroutine and a request body.
constexpr std::size_t effects_running_max = 2'000;
constexpr duration idle_check_every = std::chrono::milliseconds{200};
constexpr duration forever = std::chrono::hours{1};

// The consumer holds a message until its job is recorded and its delete is done, so its credit is what the
// ledger can still take.
aws::sqs::consumer_options consumer_options_of(const driver_options& o, const config::fleet& fleet,
                                               std::size_t credit) {
    aws::sqs::consumer_options out;
    const int wait = o.fast ? 1 : o.poll_wait_seconds;
    out.receive.credit = credit;
    out.receive.long_wait_seconds = wait;
    out.receive.polls_per_queue = static_cast<std::size_t>(fleet.receivers_per_queue);
    out.batches.linger = o.ack_linger;
    out.call_timeout = o.call_timeout;
    out.deliver_while_stopping = true;
    const duration rest = o.stop_within() - std::chrono::seconds{wait};
    out.poll_grace = std::chrono::seconds{wait} + rest / 4;
    out.held_grace = rest / 4;
    out.flush_grace = rest / 4;
    return out;
}

}  // namespace

driver::driver(boost::asio::io_context& io, const clock& time, core& decisions, ledger::ledger_thread& ledger,
               const ledger::reading_slot& reading, links& aws, const config::fleet& fleet,
               const driver_options& options, metrics::registry& registry)
    : io_(io),
      time_(time),
      core_(decisions),
      ledger_(ledger),
      reading_(reading),
      aws_(aws),
      fleet_(fleet),
      options_(options),
      work_(io),
      stopped_(io),
      drained_(io),
      pages_(io),
      quotas_(io),
      consumer_(io, *aws.transport, registry, consumer_options_of(options, fleet, uncommitted_records_max),
                entropy_seed()),
      started_(time.mono()),
      receivers_(io),
      workers_(io),
      trackers_(io),
      received_(registry.get_counter("messages_received_total",
                                     "Messages received from SQS, redeliveries included")),
      deleted_(registry.get_counter("messages_deleted_total",
                                    "Messages deleted from SQS after their job was durable")),
      delete_failures_(
          registry.get_counter("message_delete_failures_total",
                               "Deletes that SQS refused; the message comes back and is deleted then")),
      rejected_copies_(
          registry.get_counter("rejected_copies_total", "Rejected messages copied to a reject queue")),
      failed_copies_(
          registry.get_counter("rejected_copy_failures_total",
                               "Copies that a reject queue refused; the ledger has the message and why")),
      commit_seconds_(
          registry.get_histogram("ledger_commit_seconds", "From handing records to the ledger to durable",
                                 {0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5})) {
    open_queues();
}

driver::~driver() = default;

void driver::stop() {
    state_.stopping = true;
    stopped_.set();
    work_.set();
    drained_.set();
    pages_.set();
    quotas_.set();
    consumer_.stop();
}

void driver::fail(const error& e) {
    if (state_.failure.empty()) state_.failure = e.message;
    stop();
}

void driver::cancel_job(lifecycle::job_id id) {
    core_.machine().handle_cancel(id, time_.wall());
    work_.set();
}

result<bool> driver::set_paused(const lifecycle::pause& which, bool paused) {
    auto changed = core_.set_paused(which, paused, now());
    follow_pauses();
    work_.set();
    return changed;
}

// The ledger answers in order: what it is asked last it answers after every commit before.
task<result<void>> driver::recorded() {
    if (!finished_ && state_.failure.empty()) turn(now());
    work_.set();
    if (!state_.failure.empty()) co_return error{errc::io, state_.failure};
    auto start = [this](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto answer = [this, shared](const result<void>& done) {
            boost::asio::post(io_, [shared, done] { (*shared)(done); });
        };
        if (!ledger_.submit({}, answer)) answer(error{errc::io, "the ledger takes no more"});
    };
    result<void> done =
        co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(result<void>)>(
            std::move(start), boost::asio::use_awaitable);
    co_return done;
}

task<result<void>> driver::run() {
    follow_pauses();
    state_.running = true;
    workers_.spawn([this] { return turns(); });
    receivers_.spawn([this] { return consumer_.run(); });
    trackers_.spawn([this] { return track(); });
    for (event_link& link : aws_.events) {
        event_link* from = &link;
        trackers_.spawn([this, from] { return receive_events(*from); });
    }
    if (core_.discovers()) trackers_.spawn([this] { return discover(); });
    if (options_.until_idle) trackers_.spawn([this] { return watch_idle(); });

    while (!state_.stopping) {
        const mono_time until = time_.mono() + forever;
        co_await stopped_.wait_until(until);
    }
    const mono_time grace = time_.mono() + options_.stop_within();
    // 1. No new polls; those under way end, what they bring is recorded, what is recorded is deleted, and the
    // rest is given back.
    co_await receivers_.join();
    follow_consumer();
    trackers_.cancel();
    co_await trackers_.join();
    // 2. Commits and running calls finish.
    work_.set();
    while (state_.failure.empty() && time_.mono() < grace && uncommitted_.size() + effects_running_ > 0)
        co_await drained_.wait_until(grace);
    // 3. Everybody leaves. Intents without an answer are examined at the next start.
    finished_ = true;
    work_.set();
    workers_.cancel();
    co_await workers_.join();
    state_.running = false;
    if (!state_.failure.empty()) co_return error{errc::io, state_.failure};
    co_return result<void>{};
}

void driver::turn(instant at) {
    const std::size_t room = effects_running_max - std::min(effects_running_, effects_running_max);
    lifecycle::batch b = core_.turn(at, room);
    if (!b.empty()) commit(std::move(b));
}

task<void> driver::turns() {
    while (!finished_ && state_.failure.empty()) {
        const instant at = now();
        turn(at);
        const auto wake = core_.next_wakeup(at);
        const mono_time until = at.mono + (wake ? std::min(*wake, forever) : forever);
        co_await work_.wait_until(until);
    }
}

// Effects wait for the commit of their own batch and, since the ledger answers in order, of every one before
// it.
void driver::commit(lifecycle::batch b) {
    uncommitted_records_ += b.records.size();
    follow_consumer();
    const std::size_t records = b.records.size();
    std::map<std::string, std::uint64_t> came;
    for (const lifecycle::record& r : b.records)
        if (r.accepted) ++came[r.accepted->queue];
    keep_fresh_bodies(b.records);
    uncommitted_.push_back(std::move(b.effects));
    const mono_time began = time_.mono();
    auto done = [this, records, began, came = std::move(came)](const result<void>& outcome) {
        boost::asio::post(io_, [this, records, began, outcome, came] {
            if (outcome) count_recorded(came);
            uncommitted_records_ -= records;
            if (records > 0)
                commit_seconds_.observe(std::chrono::duration<double>(time_.mono() - began).count());
            committed(outcome);
        });
    };
    if (!ledger_.submit(std::move(b.records), std::move(done)))
        fail({errc::limit, "the ledger's queue is full: the disk does not keep up"});
}

void driver::committed(const result<void>& outcome) {
    drained_.set();
    if (!state_.failure.empty()) return;
    // Fail-stop: after a failed write nobody knows what is on the disk, so no effect may follow.
    if (!outcome)
        return fail(with_context(outcome.error(), "the ledger failed; nothing more is started or deleted"));
    std::vector<lifecycle::effect_t> effects = std::move(uncommitted_.front());
    uncommitted_.pop_front();
    perform(std::move(effects));
    follow_consumer();
}

void driver::perform(std::vector<lifecycle::effect_t> effects) {
    namespace effect = lifecycle::effect;
    for (auto& e : effects) {
        if (auto* d = std::get_if<effect::delete_message>(&e)) {
            delete_message(*d);
            continue;
        }
        ++effects_running_;
        if (auto* c = std::get_if<effect::create>(&e)) {
            workers_.spawn([this, w = std::move(*c)] { return create(w); });
        } else if (auto* v = std::get_if<effect::verify>(&e)) {
            workers_.spawn([this, w = std::move(*v)] { return verify(w); });
        } else if (auto* s = std::get_if<effect::describe>(&e)) {
            workers_.spawn([this, w = std::move(*s)] { return describe(w); });
        } else if (auto* t = std::get_if<effect::stop>(&e)) {
            workers_.spawn([this, w = std::move(*t)] { return stop_job(w); });
        } else if (auto* r = std::get_if<effect::copy_rejected>(&e)) {
            copy_rejected(std::move(*r));
        } else if (auto* o = std::get_if<effect::tell>(&e)) {
            workers_.spawn([this, w = std::move(*o)] { return tell(w); });
        }
    }
}

task<bool> driver::queues_are_empty() {
    for (auto& [name, link] : aws_.queues) {
        const std::vector<std::string> names{"ApproximateNumberOfMessages",
                                             "ApproximateNumberOfMessagesNotVisible",
                                             "ApproximateNumberOfMessagesDelayed"};
        const std::string url = link.url;
        const mono_time until = deadline();
        const auto attributes = co_await link.client.get_queue_attributes(url, names, until);
        if (!attributes) co_return false;
        for (const auto& [key, value] : *attributes)
            if (value != "0") co_return false;
    }
    co_return true;
}

// The state of a remote queue has no event to wait for.
task<void> driver::watch_idle() {
    while (!state_.stopping) {
        const mono_time until = time_.mono() + idle_check_every;
        if (!co_await io::sleep_until(until)) co_return;
        if (core_.machine().live() > 0 || core_.machine().untold() > 0 || !uncommitted_.empty() ||
            effects_running_ > 0)
            continue;
        const std::uint64_t received = core_.machine().counts().received;
        const bool empty = co_await queues_are_empty();
        if (empty && core_.machine().live() == 0 && core_.machine().counts().received == received) stop();
    }
}

}  // namespace trainyard::dispatcher
