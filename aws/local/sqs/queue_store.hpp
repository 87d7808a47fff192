// One SQS queue as a value: standard or FIFO. No clock, random source, I/O or wire format: the time and the
// generator come with each call, and what concerns other queues (dead letters) goes back to the caller as
// data. Rules: "Amazon SQS visibility timeout", "FIFO queue delivery logic" and "Using the message
// deduplication ID" of the SQS developer guide. Every operation costs O(log n) in the messages of the queue,
// receive times the messages returned; purge() and configure() look at every message.
//
// A million messages lie here: one is one block of memory beside its body, and stands in the orders below by
// links inside that block.
#pragma once

#include <boost/intrusive/set.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aws/local/base/uuid.hpp"
#include "aws/local/sqs/message_line.hpp"
#include "aws/local/sqs/queue_kept.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local {

// Messages in flight at one time, of either queue type (SQS quotas, messages).
inline constexpr std::size_t max_in_flight = 120'000;
// A FIFO queue looks for groups that may be received from among so many of its oldest messages.
inline constexpr std::size_t fifo_look_ahead = 120'000;
// A message is invisible at most this long after one receive, however often it is extended.
inline constexpr std::chrono::seconds max_visibility{43'200};
// A FIFO queue remembers a deduplication id, or a receive attempt, this long.
inline constexpr std::chrono::minutes deduplication_interval{5};
// A message group of a standard queue is a tenant. One that has so many messages in flight, and more than
// this share of all that are, is noisy: the others' messages go first. It is quiet again once none of its
// messages waits, or after so long without a send ("Amazon SQS fair queues", whose figures are approximate).
inline constexpr std::size_t noisy_in_flight = 30;
inline constexpr std::size_t noisy_share = 10;  // one part in so many
inline constexpr std::chrono::minutes noisy_for{5};

struct message_attribute {
    std::string type;   // String, Number or Binary, with an optional ".label"
    std::string value;  // UTF-8 text; the raw bytes of a Binary
    friend bool operator==(const message_attribute&, const message_attribute&) = default;
};
using message_attributes = std::map<std::string, message_attribute>;

struct queue_message {
    uuid id;  // made by the store
    std::string body;
    md5_digest body_md5{};  // computed once: the sender is told, and so is each receiver
    message_attributes attributes;
    std::string trace_header;                      // the AWSTraceHeader system attribute
    std::shared_ptr<const std::string> sender_id;  // all messages of a request share it; null: not known
    std::string group_id;                          // FIFO: the order group; else the tenant, if any
    std::string deduplication_id;                  // FIFO: given, or the hash of the body
    std::uint64_t sequence = 0;                    // FIFO: increasing, made by the store; see sequence_text()
    std::string dead_letter_source;                // ARN of the queue that gave it up
    wall_time sent{};
    std::optional<wall_time> first_received;
    std::uint32_t receive_count = 0;
};

// The SequenceNumber that AWS would show: 20 digits.
std::string sequence_text(std::uint64_t sequence);

struct store_settings {
    bool fifo = false;  // fixed for the life of the store
    std::chrono::seconds delay{0};
    std::chrono::seconds retention{345'600};
    bool deduplicate_per_group =
        false;  // fixed as well: on AWS a later DeduplicationScope changes nothing here
    std::size_t in_flight_limit = max_in_flight;
    std::size_t noisy_from = noisy_in_flight;
    std::size_t look_ahead = fifo_look_ahead;
};

struct receive_request {
    std::size_t max = 1;
    std::chrono::seconds visibility{30};  // 0: delivered and visible again at once
    std::uint32_t max_receive_count = 0;  // beyond it a message is a dead letter; 0: no dead-letter queue
    std::string attempt_id;               // FIFO: repeats the answer of an attempt whose answer was lost
};

class queue_store {
public:
    struct sent {
        uuid id;
        std::uint64_t sequence = 0;  // FIFO only
        bool duplicate = false;      // nothing was stored; id and number are of the first send
    };
    struct delivery {
        const queue_message* message;  // until the next call that changes the store
        std::string handle;
    };
    struct received {
        std::vector<delivery> messages;
        std::vector<queue_message>
            dead_letters;         // left this store; the caller puts them into the dead-letter queue
        bool over_limit = false;  // nothing was taken because too many are in flight
    };
    struct counts {
        std::size_t visible = 0, in_flight = 0, delayed = 0;
    };
    enum class outcome : unsigned char {
        done,
        malformed,      // not a handle of this queue
        expired,        // FIFO: the message became visible or was received again since
        gone,           // the message was deleted
        not_in_flight,  // FIFO: the message is visible again
        beyond_limit,   // more than max_visibility after the receive
    };

    // `tag` marks this queue's receipt handles; another queue refuses them.
    queue_store(store_settings settings, std::uint64_t tag);

    // `delay` overrides the queue's, on standard queues. id, sequence number and times of `m` are the store's
    // to fill.
    sent send(queue_message&& m, std::optional<std::chrono::seconds> delay, wall_time now, rng& random);
    // A dead letter of `source`: keeps id, receive count and, on a standard queue, the time it was sent.
    void put_dead_letter(queue_message m, std::string source, wall_time now);
    // A message that a move task brings: new, with an id, time and receive count of its own. Never a
    // duplicate, for that would lose it.
    void put_moved(queue_message m, wall_time now, rng& random);

    // The oldest message that a receive could return; null when there is none. Until the next call that
    // changes the store.
    const queue_message* front(wall_time now);
    queue_message take_front();  // what front() has just shown

    received receive(const receive_request& request, wall_time now, rng& random);
    // Deleting what is already deleted is `done`.
    outcome remove(std::string_view handle, wall_time now);
    // Hides the message for `visibility` from now; 0 shows it at once.
    outcome change_visibility(std::string_view handle, std::chrono::seconds visibility, wall_time now);
    // Drops every message and forgets deduplication ids.
    void purge();

    // Retention applies to messages already here; delay also, on a FIFO queue.
    void configure(const store_settings& settings, wall_time now);
    const store_settings& settings() const { return settings_; }

    counts count(wall_time now);
    std::size_t size() const { return entries_.size(); }
    // The next time that a message may become available without another call; none when nothing will.
    std::optional<wall_time> next_wakeup() const;

    // Changes are remembered from now on; `first` is called when there is one to take.
    void keep_changes(std::function<void()> first);
    store_changes take_changes();
    std::uint64_t tag() const { return tag_; }
    std::uint64_t last_number() const { return last_; }
    // Nothing when the message is gone; the pointer is good until the next call that changes the store.
    std::optional<std::pair<kept_message, const queue_message*>> look(std::uint64_t number) const;
    // Nothing when the key is forgotten.
    std::optional<kept_deduplication> look_deduplication(const std::string& key, wall_time when) const;

    // Into a store to which nothing else was done: deduplication in the order of its times. `last` is at
    // least the number of every message there ever was.
    void restore(const kept_message& k, queue_message m);
    void restore(kept_deduplication k);
    void restore_last(std::uint64_t last);

private:
    using serial = std::uint64_t;  // order of arrival, never reused
    enum class state : unsigned char { detached, delayed, visible, in_flight };
    // A place in one order.
    using link =
        boost::intrusive::set_member_hook<boost::intrusive::optimize_size<true>,
                                          boost::intrusive::link_mode<boost::intrusive::normal_link>>;
    struct group;
    using named_group = std::pair<const std::string, group>;  // of groups_, where it stays in place
    struct entry {
        serial number = 0;
        std::uint64_t nonce = 0;  // of the latest handle
        state where = state::detached;
        bool visibility_changed = false;  // since the latest receive
        wall_time due{};                  // when it becomes visible, unless visible
        wall_time received{};             // latest
        named_group* home = nullptr;      // of messages with a group
        link in_place;
        queue_message message;
    };
    using age = std::pair<wall_time, serial>;
    // What each order goes by. The number decides between equal times.
    struct key_of_due {
        using type = std::pair<wall_time, serial>;
        type operator()(const entry& e) const { return {e.due, e.number}; }
    };
    struct key_of_arrival {
        using type = serial;
        type operator()(const entry& e) const { return e.number; }
    };
    struct key_of_ready {
        using type = serial;
        type operator()(const group& g) const { return g.ready; }
    };
    template <class T, link T::* Link, class Key>
    using order = boost::intrusive::set<T, boost::intrusive::member_hook<T, link, Link>,
                                        boost::intrusive::key_of_value<Key>>;
    // The fewest in flight first.
    struct key_of_noise {
        using type = std::pair<std::size_t, serial>;
        type operator()(const group& g) const { return {g.in_flight, g.ready}; }
    };
    // The messages of a FIFO group in order. What may be delivered is the longest visible run from the front.
    struct group {
        message_line<entry> members;
        // Of a tenant: the visible ones, and all of them may be delivered.
        order<entry, &entry::in_place, key_of_arrival> waiting;
        serial ready = 0;  // of the first that may be received; 0: none, and the group is in no order
        link in_ready;     // of ready_, or of noisy_
        // Of a tenant.
        std::size_t alive = 0, in_flight = 0;
        bool noisy = false;
        bool rested = false;  // quiet for want of sends, whatever is in flight
        wall_time last_send{};
    };
    struct remembered {
        uuid id;
        std::uint64_t sequence = 0;
    };
    // What tells two sends apart: 128 bits of the SHA-256 of the deduplication id (and the group, where it
    // counts). A queue under load remembers millions, and each is small and of one size.
    struct send_key {
        std::uint64_t high = 0, low = 0;
        friend bool operator==(const send_key&, const send_key&) = default;
    };
    struct send_key_hash {
        using is_avalanching = void;  // boost::unordered: the bits are random as they are
        std::size_t operator()(const send_key& k) const { return k.low; }
    };
    static send_key key_of_send(const store_settings& s, const queue_message& m);
    struct attempt {
        std::size_t max = 0;
        std::chrono::seconds visibility{};
        wall_time when{};
        std::vector<std::pair<serial, std::uint64_t>> messages;  // with the nonce of their handles
    };
    struct handle_parts {
        serial number;
        std::uint64_t nonce;
    };

    void mark(serial number, bool is_new = false);
    void mark_purged();
    void mark_deduplication(const send_key& key, std::optional<wall_time> when);
    static std::string text_of(const send_key& key);  // kept_deduplication::key
    static std::optional<send_key> read_key(std::string_view text);
    void advance(wall_time now);
    entry& insert(queue_message&& m);
    entry& insert_new(queue_message&& m, std::chrono::seconds delay, wall_time now, rng& random);
    void join_group(entry& e);
    void note_age(const entry& e);
    void drop_aged(wall_time now);
    void forget_removed_ages();
    void place(entry& e, state s, wall_time due);
    void refresh(group& g);
    void grow_horizon(serial added);
    void shrink_horizon(serial leaving);
    void find_horizon();
    // Tenants, queue_store_fair.cpp. What a tenant's place depends on changes between leave() and enter().
    bool has_tenant(const entry& e) const { return e.home != nullptr && !settings_.fifo; }
    void join(entry& e, wall_time when);
    void leave(group& g);
    void enter(group& g);
    void forget(entry& e);
    void place_of_tenant(entry& e, state s, wall_time due);
    void quieten(wall_time now);
    entry* first_of_tenants(serial before);
    void receive_fairly(const receive_request& request, wall_time now, rng& random, received& out);
    void unlink(entry& e);
    queue_message extract(entry& e);
    void discard(entry& e);
    entry& first_open();
    void take(entry& e, const receive_request& request, wall_time now, rng& random, received& out);
    void receive_standard(const receive_request& request, wall_time now, rng& random, received& out);
    void receive_fifo(const receive_request& request, wall_time now, rng& random, received& out);
    bool receive_of_group(group& g, const receive_request& request, wall_time now, rng& random,
                          received& out);
    bool replay(const receive_request& request, wall_time now, received& out);
    void remember_attempt(const receive_request& request, wall_time now, const received& out);
    std::string make_handle(const entry& e) const;
    std::optional<handle_parts> read_handle(std::string_view handle) const;

    store_settings settings_;
    std::uint64_t tag_;
    serial last_ = 0;
    serial horizon_ = 0;  // FIFO: the last of the messages that are looked at; 0: all are
    bool horizon_known_ = true;
    std::size_t in_flight_ = 0, delayed_ = 0;
    std::unordered_map<serial, entry> entries_;
    // For retention. Most messages come in the order of their times: those stand in `ages_`, with some that
    // are gone, the first one never; the others in `odd_ages_`, which may all be gone.
    std::deque<age> ages_;
    std::set<age> odd_ages_;
    order<entry, &entry::in_place, key_of_due> timers_;       // delayed and in flight
    order<entry, &entry::in_place, key_of_arrival> visible_;  // standard only, without a tenant
    std::unordered_map<std::string, group> groups_;           // never empty ones
    order<group, &group::in_ready, key_of_ready> ready_;      // that can be received from, no noisy ones
    order<group, &group::in_ready, key_of_noise> noisy_;      // the noisy ones
    std::map<std::pair<wall_time, const group*>, group*> noisy_until_;
    boost::unordered_flat_map<send_key, remembered, send_key_hash> deduplication_;
    std::deque<std::pair<wall_time, send_key>> deduplication_age_;
    std::unordered_map<std::string, attempt> attempts_;
    std::deque<std::pair<wall_time, std::string>> attempts_age_;

    struct feed {
        store_changes changes;
        std::function<void()> first;
        bool told = false;
    };
    std::unique_ptr<feed> feed_;  // null: nobody wants to know
};

}  // namespace trainyard::aws::local
