// What a consumer decides, as one pure machine over those of this folder: which polls go out, what an answer
// means for each message, what is handed over, which batches go out and what becomes of their entries. The
// driver (consumer.*) performs; a test drives the same machine through faults that no network shows on
// demand.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/sqs/answer.hpp"
#include "aws/sqs/coalescer.hpp"
#include "aws/sqs/consumer.hpp"
#include "aws/sqs/custody.hpp"
#include "aws/sqs/group_order.hpp"

namespace trainyard::aws::sqs {

// A change of a message's visibility timeout, and on whose behalf.
struct visibility_change {
    enum class purpose : unsigned char { give_back, beat, extend } why = purpose::give_back;
    message_ref which;
    int seconds = 0;
};

// Something to send, and who is told. The machine does not look into `then`.
struct outgoing {
    send_entry entry;
    consumer::send_outcome then;
};

using deletes = coalescer<custody::slot>;
using changes = coalescer<visibility_change>;
using sends = coalescer<outgoing>;

// What became of each entry of a batch call.
class batch_outcomes {
public:
    // The call was answered by `text`, which is read in place and outlives this.
    batch_outcomes(std::string& text, std::size_t entries);
    // It failed as a whole, and so did every entry.
    batch_outcomes(std::string_view code, std::string_view message, bool sender_fault);
    batch_outcomes(const batch_outcomes&) = delete;
    batch_outcomes& operator=(const batch_outcomes&) = delete;

    const entry_outcome& operator[](std::size_t entry) const { return answered_ ? each_[entry] : failed_; }

private:
    batch_answer each_;
    entry_outcome failed_;
    std::string code_, why_;  // what failed_ shows
    bool answered_ = false;
};

// Plain numbers, which the driver shows as metrics.
struct queue_figures {
    std::uint64_t received = 0, copies = 0;
    std::uint64_t polls_full = 0, polls_some = 0, polls_empty = 0, polls_failed = 0, polls_over_limit = 0;
    struct of_batches {
        std::uint64_t calls = 0, done = 0, retried = 0, abandoned = 0;
    };
    std::array<of_batches, 3> batches{};  // by request_kind
};

struct queue_rules {
    std::string url;
    bool receive = true, fifo = false, heartbeat = false, one_at_a_time = false;
    double weight = 1;
};

class consumer_machine {
public:
    consumer_machine(const consumer_options& options, rng random);
    ~consumer_machine();
    consumer_machine(const consumer_machine&) = delete;
    consumer_machine& operator=(const consumer_machine&) = delete;

    queue_number add_queue(queue_rules rules);
    // The queue of a poll's or a look's number.
    queue_number polled(std::size_t number) const { return polled_[number]; }

    // Polls. Each that was started ends by poll_answered() or poll_failed().
    std::optional<receiver::poll> next_poll(mono_time now);
    // A queue whose attributes are to be read; see receiver::commands.
    std::optional<std::size_t> next_look();
    // `text` is the answer. `asked`: when the poll began. Gives back memory for the next answer, where there
    // is some. An error says why the answer cannot be used; the poll has failed then.
    result<void> poll_answered(const receiver::poll& what, std::string text, mono_time asked, mono_time now);
    void poll_failed(const receiver::poll& what, bool over_limit, mono_time now);
    void set_receiving(queue_number of, bool on);
    receiver& polls() { return polls_; }
    const receiver& polls() const { return polls_; }

    // What to hand over next; good until the next call.
    std::optional<delivery> take_delivery(mono_time now);
    bool has_delivery() const { return ready_at_ < ready_.size(); }
    // What else the consumer is told.
    struct notice {
        enum class kind : unsigned char { hand_off, lost, abandoned, sent } what = kind::lost;
        queue_number queue = 0;
        message_ref which;                // hand_off, lost
        abandoned_entry entry;            // abandoned
        consumer::send_outcome then;      // sent, and an abandoned one of a send
        std::optional<sent> done;         // sent
        std::optional<failed_entry> why;  // of an abandoned send
    };
    std::vector<notice> take_notices() { return std::exchange(notices_, {}); }
    bool has_notices() const { return !notices_.empty(); }

    // The consumer's wishes.
    void acknowledge(message_ref which, mono_time now);
    void give_back(message_ref which, int after_seconds, mono_time now);
    void extend(message_ref which, int seconds, mono_time now);
    bool send(queue_number to, outgoing what, mono_time now);
    const message_view* find(message_ref which) const;
    // Nothing when it names nothing any more.
    std::optional<queue_number> queue_of(message_ref which) const;

    // Batches of a queue. Each that is taken ends by the matching *_ended(). False when none is due; `body`
    // is then unspecified. A taken batch of changes may turn out empty of what still makes sense: then `body`
    // is empty and it ends without a call.
    bool take_deletes(queue_number of, deletes::batch& out, std::string& body, mono_time now);
    void deletes_ended(queue_number of, deletes::batch& batch, const batch_outcomes& outcomes, mono_time now);
    bool take_changes(queue_number of, changes::batch& out, std::string& body, mono_time now);
    void changes_ended(queue_number of, changes::batch& batch, const batch_outcomes& outcomes, mono_time now);
    bool take_sends(queue_number of, sends::batch& out, std::string& body, mono_time now);
    void sends_ended(queue_number of, sends::batch& batch, const batch_outcomes& outcomes, mono_time now);

    // What was not sent will not be: those who wait are told.
    void abandon_sends();

    // Heartbeats that are due become visibility changes.
    void beat(mono_time now);
    // Queues with something that waits for a batch, and maybe some without.
    std::span<const queue_number> active() const { return active_; }
    void forget_inactive();
    // A batch of the queue may be full: worth asking for.
    bool may_fill(queue_number of) const;
    // When something is due without an event before; max(): nothing.
    mono_time next_due() const;
    mono_time next_due(queue_number of) const;

    // No new polls; from now on messages go back as they come, unless they are handed over while stopping.
    void stop() {
        stopping_ = true;
        polls_.stop();
    }
    void give_back_all(mono_time now);
    void flush() { flushing_ = true; }  // batches go out without waiting for company

    std::size_t held() const { return kept_.held(); }
    std::size_t slots() const { return kept_.slots(); }
    bool batches_idle() const;
    const queue_figures& figures(queue_number of) const;
    receiver::report report(queue_number of) const;
    const consumer_counts& counts() const { return counts_; }
    // Memory of answers that ended, for those to come.
    std::string spare_text();

private:
    struct queue;
    struct kept_answer {
        received_answer text;
        std::uint32_t live = 0;  // its messages that are held or being deleted
    };

    static heartbeat::key key_of(message_ref m) { return std::uint64_t{m.turn} << 32U | m.slot; }
    static message_ref ref_of(heartbeat::key k) {
        return {static_cast<std::uint32_t>(k), static_cast<std::uint32_t>(k >> 32U)};
    }
    message_ref ref_to(custody::slot s) const { return {s, kept_.turn(s)}; }
    bool names(message_ref m) const { return kept_.names(m.slot, m.turn); }
    bool is_held(message_ref m) const { return names(m) && kept_.stage_of(m.slot) == custody::stage::held; }
    queue& queue_of(custody::slot s) const { return *queues_[kept_.queue(s)]; }
    const message_view& view(custody::slot s) const {
        const message_place& at = kept_.place(s);
        return answers_[at.answer].text.messages()[at.index];
    }
    std::string_view handle(custody::slot s) const {
        const auto newer = kept_.newer_handle(s);
        return newer.empty() ? view(s).receipt_handle : newer;
    }

    void take_message(queue& q, message_place at, mono_time asked, mono_time now);
    std::uint32_t take_answer_place();
    void drop_answer(std::uint32_t which);
    void free_slot(custody::slot s);
    void erase(custody::slot s, mono_time now);
    void give_back_slot(custody::slot s, int after_seconds, mono_time now);
    void give_back_behind(queue& q, custody::slot first, mono_time now);
    void change(queue& q, visibility_change what, mono_time now);
    void changed(const visibility_change& what, bool done, bool sender_fault, mono_time now);
    void activate(queue& q);
    notice& abandon(queue& q, request_kind kind, const entry_outcome& why);

    consumer_options options_;
    rng random_;
    receiver polls_;
    receiver::commands commands_;  // polls from next_poll_ on
    std::size_t next_poll_ = 0;
    custody kept_;
    heartbeat beats_;
    std::vector<std::unique_ptr<queue>> queues_;
    std::vector<queue_number> polled_;
    std::vector<queue_number> active_;
    std::deque<kept_answer> answers_;  // at one address each
    std::vector<std::uint32_t> free_answers_;
    std::vector<std::string> spare_texts_;
    std::size_t answer_bytes_ = 0;
    std::vector<message_ref> ready_;  // to be handed over, from ready_at_ on
    std::size_t ready_at_ = 0;
    std::vector<received> handing_over_;
    std::vector<notice> notices_;
    consumer_counts counts_;
    bool stopping_ = false, flushing_ = false;
};

}  // namespace trainyard::aws::sqs
