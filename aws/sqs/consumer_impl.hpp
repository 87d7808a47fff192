// The driver's inside: what consumer.cpp, consumer_polls.cpp and consumer_batches.cpp share.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "aws/sqs/answer.hpp"
#include "aws/sqs/consumer.hpp"
#include "aws/sqs/consumer_metrics.hpp"
#include "aws/sqs/custody.hpp"
#include "aws/sqs/group_order.hpp"
#include "engine/base/rng.hpp"
#include "engine/io/event.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::aws::sqs {

// A change of a message's visibility timeout, and on whose behalf.
struct visibility_change {
    enum class purpose : unsigned char { give_back, beat, extend } why = purpose::give_back;
    message_ref which;
    int seconds = 0;
};

struct outgoing {
    send_entry entry;
    consumer::send_outcome then;
};

using deletes = coalescer<custody::slot>;
using changes = coalescer<visibility_change>;
using sends = coalescer<outgoing>;

// A queue and what waits for it. Stays at one address.
struct consumed_queue {
    consumed_queue(queue_settings s, message_handler& h, const coalescer_limits& limits, const rng& random,
                   metrics::registry& registry)
        : settings(std::move(s)),
          handler(&h),
          erase(limits, random.split("deletes")),
          visibility(limits, random.split("changes")),
          outbox(limits, random.split("sends")),
          figures(registry, settings.name) {}

    bool waits() const { return erase.waiting() + visibility.waiting() + outbox.waiting() > 0; }
    bool idle() const { return erase.idle() && visibility.idle() && outbox.idle(); }

    queue_settings settings;
    message_handler* handler;
    queue_number number = 0;
    std::size_t polled_as = 0;  // its number in the receiver, where settings.receive
    deletes erase;
    changes visibility;
    sends outbox;
    group_order<custody::slot> order;  // where settings.one_at_a_time
    queue_metrics figures;
    bool active = false;  // stands in impl::active
};

struct consumer::impl {
    impl(boost::asio::io_context& context, transport& t, metrics::registry& r, consumer_options o,
         std::uint64_t seed);

    mono_time now() const { return calls.time().mono(); }
    static heartbeat::key key_of(message_ref m) { return std::uint64_t{m.turn} << 32U | m.slot; }
    static message_ref ref_of(heartbeat::key k) {
        return {static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(k >> 32U)};
    }
    message_ref ref_to(custody::slot s) const { return {s, kept.turn(s)}; }
    consumed_queue& queue_of(custody::slot s) { return *queues[kept.queue(s)]; }
    bool names(message_ref which) const { return kept.names(which.slot, which.turn); }
    const message_view& view(custody::slot s) const {
        const message_place& at = kept.place(s);
        return answers[at.answer].text.messages()[at.index];
    }
    std::string_view handle(custody::slot s) const {
        const auto newer = kept.newer_handle(s);
        return newer.empty() ? view(s).receipt_handle : newer;
    }

    // consumer.cpp
    task<void> run();
    task<void> pump();
    task<void> wind_down();
    mono_time next_due() const;
    void wake_by(mono_time at);
    void beat(mono_time at);
    void refresh_metrics();

    // consumer_polls.cpp
    std::optional<receiver::poll> start_polls();  // all but the first, which is the caller's
    void start_all_polls();
    task<void> poll_lane(receiver::poll first);
    task<void> poll_once(receiver::poll what);
    void take_answer(const receiver::poll& what, consumed_queue& q, mono_time asked, std::string body);
    void poll_failed(const receiver::poll& what, consumed_queue& q, const api_error& e);
    void hand_over(consumed_queue& q);
    void deliver_ready();
    task<void> look(std::size_t polled_as);
    std::uint32_t take_answer_place();
    void drop_answer(std::uint32_t which);

    // consumer_batches.cpp
    void acknowledge(message_ref which);
    void give_back(message_ref which, int after_seconds);
    void give_back_slot(custody::slot s, int after_seconds);
    void change(consumed_queue& q, visibility_change what);
    void erase(custody::slot s);
    void after_add(consumed_queue& q);
    void wake_for(const consumed_queue& q);
    void give_back_group(consumed_queue& q, custody::slot first);
    void start_batches(consumed_queue& q);
    void free_slot(custody::slot s);
    task<void> erase_lane(consumed_queue& q, deletes::batch b);
    task<void> erase_once(consumed_queue& q, deletes::batch& b);
    task<void> change_lane(consumed_queue& q, changes::batch b);
    task<void> change_once(consumed_queue& q, changes::batch& b);
    task<void> send_lane(consumed_queue& q, sends::batch b);
    task<void> send_once(consumed_queue& q, sends::batch& b);
    void changed(const visibility_change& what, bool done, bool sender_fault);
    void abandon(consumed_queue& q, request_kind kind, const entry_outcome& why);
    call make_call(const consumed_queue& q, std::string_view operation, std::string body, http::lane lane);

    struct kept_answer {
        received_answer text;
        std::uint32_t live = 0;  // its messages that are held or being deleted
    };

    boost::asio::io_context& io;
    transport& calls;
    consumer_options options;
    rng random;
    receiver polls;
    custody kept;
    heartbeat beats;
    std::vector<std::unique_ptr<consumed_queue>> queues;
    std::vector<consumed_queue*> polled;  // by the receiver's number
    std::vector<consumed_queue*> active;  // with something that waits
    std::deque<kept_answer> answers;      // at one address each
    std::vector<std::uint32_t> free_answers;
    std::size_t answer_bytes = 0;
    std::vector<received> handing_over;
    std::deque<message_ref> ready;  // whose turn in its group came
    metrics::registry& registry;
    consumer_counts counts;
    io::event wake, stopped, drained;
    mono_time started{};
    mono_time pump_wakes{};  // when it will by itself
    bool stopping = false, flushing = false, finished = false;
    io::task_group pollers, workers;
};

}  // namespace trainyard::aws::sqs
