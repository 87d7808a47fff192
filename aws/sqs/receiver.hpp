// Which queues are polled, how often at once, and for how many messages. Pure: the driver starts the polls it
// is given and reports how they ended.
//
// Every queue always has one long poll open, so an idle queue costs no more than that and its first message
// is seen at once. A queue whose polls come back full gets more of them, twice as many each time up to a
// limit; one that comes back short gets half. Polls are started against credit: the messages that the
// consumer can take now. A poll holds credit for all it may bring until it ended, and what it brought until
// release(), so nothing is ever received that nobody can record. Extra polls are shared out between the
// queues that want them by weight (stride scheduling, Waldspurger 1995), counted in messages.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::aws::sqs {

// Messages of one queue that may be received and not deleted: standard, FIFO (SQS quotas).
inline constexpr std::int64_t in_flight_max_standard = 120'000, in_flight_max_fifo = 20'000;

struct receiver_options {
    std::size_t credit = 5'000;  // messages that may be received or on their way and not yet released
    std::size_t polls_per_queue = 16;
    std::size_t polls_extra = 64;  // of all queues together, beyond the one that each has
    int long_wait_seconds = 20;    // of the one poll that every queue has, 0..20
    int busy_wait_seconds = 1;     // of the others: a queue that ran dry gives them back soon
    duration error_pause = std::chrono::seconds{1};  // after a failed poll, doubled each time
    duration error_pause_max = std::chrono::seconds{30};
    // How often a queue that answers nothing although it did before is looked at for the in-flight limit.
    duration look_every = std::chrono::seconds{60};
};

class receiver {
public:
    using poll_id = std::uint64_t;

    enum class state : unsigned char { quiet, busy, failing, at_in_flight_limit };

    struct poll {
        poll_id id = 0;
        std::size_t queue = 0;
        int max_messages = 0;  // 1..10
        int wait_seconds = 0;
    };
    struct commands {
        std::vector<poll> polls;
        std::vector<std::size_t> looks;  // queues whose attributes should be read: see looked()
    };

    explicit receiver(receiver_options options) : options_(options) {}

    // `weight` above 0: the share of extra polls relative to the other queues. Gives the queue's number.
    std::size_t add_queue(double weight, bool fifo);

    // What to start now.
    commands take(mono_time now);
    void take_into(commands& out, mono_time now);  // the same, appended
    // When take() may have something new without an event before; nothing: not until one.
    std::optional<mono_time> next_due() const;

    // Every poll ends by exactly one of these. `messages` at most what was asked for.
    void ended(poll_id id, std::size_t messages, mono_time now);
    void failed(poll_id id, mono_time now);
    // SQS said OverLimit: too many messages are in flight.
    void over_limit(poll_id id, mono_time now);
    // Of a queue in commands::looks: its approximate numbers of visible and in-flight messages.
    void looked(std::size_t queue, std::int64_t visible, std::int64_t not_visible);

    // So many received messages are recorded and no longer the consumer's burden.
    void release(std::size_t messages);
    // The credit from now on; polls that are under way keep theirs.
    void set_credit(std::size_t messages) { options_.credit = messages; }
    // Whether new polls of the queue may start; those that are under way end as they will.
    void set_receiving(std::size_t queue, bool on);
    // No new polls from now on.
    void stop() { stopped_ = true; }

    struct report {
        receiver::state state = state::quiet;
        std::size_t polls = 0;
        std::uint64_t received = 0;
        std::optional<mono_time> last_success;  // the last poll that was answered, with messages or without
    };
    report queue(std::size_t number) const;
    std::size_t queues() const { return queues_.size(); }
    std::size_t polls() const { return open_polls_; }
    std::size_t credit() const { return options_.credit - std::min(held_, options_.credit); }

private:
    struct queue_state {
        double weight = 1;
        bool fifo = false;
        bool off = false;      // no new polls
        bool resting = false;  // off, and without its one poll: not in bare_
        receiver::state state = state::quiet;
        std::size_t wanted = 1;  // polls at once
        std::size_t open = 0;
        double pass = 0;  // messages asked for by extra polls, over the weight
        duration pause{};
        mono_time not_before{};
        std::optional<mono_time> looked_at, last_success;
        std::uint64_t received = 0;
    };
    struct open_poll {
        poll_id id = 0;  // its place in open_ below, how often that was used above; 0: free
        std::size_t queue = 0;
        std::size_t held = 0;
    };
    using hungry_set = std::set<std::pair<double, std::size_t>>;

    const open_poll& find(poll_id id) const;
    void become_hungry(double pass, std::size_t queue);
    hungry_set::iterator become_fed(hungry_set::iterator at);

    std::size_t quiet_share() const;
    void start(std::size_t queue, std::size_t messages, int wait, commands& out);
    queue_state& close(poll_id id, std::size_t kept);
    void wants(std::size_t number);

    receiver_options options_;
    std::vector<queue_state> queues_;
    std::vector<open_poll> open_;
    std::vector<std::size_t> free_;  // places in open_
    std::size_t open_polls_ = 0;
    std::deque<std::size_t> bare_;                        // queues without their one poll, in turn
    std::set<std::pair<mono_time, std::size_t>> paused_;  // after an error
    hungry_set hungry_;                                   // queues that want an extra poll, by pass
    std::vector<hungry_set::node_type> spare_;            // memory for those to come
    std::vector<std::size_t> to_look_;
    std::size_t held_ = 0;
    std::size_t extra_ = 0;
    double pass_floor_ = 0;  // where a queue that was quiet joins the others
    poll_id next_ = 1;
    bool stopped_ = false;
};

}  // namespace trainyard::aws::sqs
