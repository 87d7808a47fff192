// A consumer of SQS queues: receives what its handler can take, hands it over in batches, and deletes, gives
// back, extends and sends in full batches. It joins the machines of this folder (receiver, custody,
// coalescer, heartbeat, group_order); each decides, this performs.
//
//   consumer c{io, transport, registry, options, seed};
//   const auto q = c.add_queue({.name = "work", .url = url, .where = endpoint, .who = keys}, handler);
//   group.spawn([&] { return c.run(); });       // until stop()
//   ... in handler.deliver(): work on it, then c.acknowledge(m.ref);
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "aws/sqs/coalescer_limits.hpp"
#include "aws/sqs/heartbeat.hpp"
#include "aws/sqs/message_view.hpp"
#include "aws/sqs/receiver.hpp"
#include "aws/sqs/types.hpp"
#include "aws/transport/transport.hpp"
#include "engine/io/task.hpp"
#include "engine/metrics/registry.hpp"

namespace trainyard::aws::sqs {

using queue_number = std::size_t;  // from 0, in the order of add_queue()

// Names a message that the consumer holds. After the message's end it names nothing, for ever.
struct message_ref {
    std::uint32_t slot = 0;
    std::uint32_t turn = 0;
    friend bool operator==(const message_ref&, const message_ref&) = default;
};

struct received {
    message_ref ref;
    message_view message;  // good until the message is acknowledged or given back
};

struct delivery {
    queue_number queue = 0;
    std::span<const received> messages;  // 1 to 10; in the order of the queue
};

enum class request_kind : unsigned char { erase, visibility, send };

// What cannot be done, after all attempts that make sense.
struct abandoned_entry {
    queue_number queue = 0;
    request_kind kind = request_kind::erase;
    std::string code, message;  // AWS's
    bool sender_fault = false;  // it is our request that is wrong
};

// Called on the context's thread, never from within a call of the consumer but for deliver().
class message_handler {
public:
    virtual ~message_handler() = default;
    // Each message is acknowledged or given back in the end, here or later. While it is held no copy of it is
    // delivered. An acknowledged one is never delivered again as long as the consumer remembers it.
    virtual void deliver(const delivery& what) = 0;
    // Only with a heartbeat. SQS makes the message visible soon, for good: keep it elsewhere.
    virtual void hand_off(message_ref) {}
    // Only with a heartbeat. The message is visible to others; its ref names nothing any more.
    virtual void lost(message_ref) {}
    virtual void abandoned(const abandoned_entry&) {}
};

struct queue_settings {
    std::string name;  // for metrics and messages: from the configuration
    std::string url;
    endpoint where;
    std::shared_ptr<credentials_provider> who;
    double weight = 1;                      // of extra polls, relative to the other queues; above 0
    std::optional<int> visibility_timeout;  // seconds; absent: the queue's
    bool heartbeat = false;                 // keep held messages invisible; see heartbeat_options
    // FIFO: hand over one message of a group at a time, the next when it was acknowledged. Without it a
    // group's messages are handed over in their order, but without waiting.
    bool one_at_a_time = false;
    bool receive = true;  // false: only send() is used
};

struct consumer_options {
    receiver_options receive;
    coalescer_limits batches;  // of deletes, of visibility changes and of sends, each by itself
    heartbeat_options keep_alive;
    std::size_t remembered = 50'000;             // acknowledged messages, by id
    std::size_t answer_bytes_max = 256U << 20U;  // of held answers; beyond it no poll starts
    duration call_timeout = std::chrono::seconds{30};
    bool deliver_while_stopping = false;  // what the last polls bring: hand it over, or give it back
    // After stop(): how long polls are waited for, how much longer they may go on and what is held may be
    // acknowledged before they are cut off and it is given back, and what the last batches may take.
    duration poll_grace = std::chrono::seconds{21}, held_grace = std::chrono::seconds{2},
             flush_grace = std::chrono::milliseconds{1'500};
};

struct consumer_counts {
    std::uint64_t polls = 0, received = 0;  // `received` with redeliveries
    std::uint64_t duplicates = 0;           // redeliveries that the handler did not see
    std::uint64_t delete_calls = 0, deleted = 0, given_back = 0, abandoned = 0;
};

// Lives on one io_context and is used from its thread only.
class consumer {
public:
    // `transport` and `registry` outlive the consumer.
    consumer(boost::asio::io_context& io, transport& t, metrics::registry& registry, consumer_options options,
             std::uint64_t seed);
    ~consumer();  // run() has completed, or was never started
    consumer(const consumer&) = delete;
    consumer& operator=(const consumer&) = delete;

    // Before run(). `handler` outlives the consumer.
    queue_number add_queue(queue_settings settings, message_handler& handler);

    // Polls until stop(), then: no new polls; those under way end or are cut off; what is still held is given
    // back; what waits in batches goes out. After that nothing is sent any more.
    task<void> run();
    void stop();

    // How many messages may be held and on their way together from now on; never more than
    // consumer_options::receive has.
    void set_credit(std::size_t messages);

    // Whether new polls of the queue start; those that are under way end, and what they bring is handed over.
    void set_receiving(queue_number of, bool on);

    // Each does nothing when `which` names nothing any more.
    void acknowledge(message_ref which);
    // Visible again after so many seconds: to others, or to be delivered anew.
    void give_back(message_ref which, int after_seconds = 0);
    // Invisible for so many seconds from now on. For consumers without a heartbeat.
    void extend(message_ref which, int seconds);
    // The message, with the newest receipt handle; null when `which` names nothing any more.
    const message_view* find(message_ref which) const;

    using send_outcome = std::function<void(const sent* done, const failed_entry* problem)>;
    // In a batch with others; messages of one group keep their order. `then` is told once, with one of the
    // two. False, and `then` is not told: too many wait, or it is larger than SQS takes.
    bool send(queue_number to, send_entry what, send_outcome then = {});

    std::size_t held() const;  // received and neither deleted nor given back
    receiver::report report(queue_number of) const;
    std::uint64_t deleted(queue_number of) const;  // of this queue alone
    const consumer_counts& counts() const;
    bool idle() const;  // nothing held, no batch waits or is under way

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

// A deduplication id for something that is sent again: the same for the same (job, attempt), so that a FIFO
// queue drops the copy, and within what SQS accepts (128 of A-Z a-z 0-9 and punctuation).
std::string resend_id(std::string_view job, int attempt);

}  // namespace trainyard::aws::sqs
