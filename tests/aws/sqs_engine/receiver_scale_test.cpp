// A thousand queues of which five are busy, against a service that takes 100 us for each call.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "aws/sqs/receiver.hpp"

namespace trainyard::aws::sqs {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t busy_queues = 5;
constexpr duration way = 1ms, call_takes = 100us, recording_takes = 10ms, run_time = 60s;

struct outcome {
    double busy_per_second = 0;
    duration longest_wait{};  // of the one message of each quiet queue
    std::size_t quiet_seen = 0;
    std::size_t polls_of_quiet = 0;
};

class scale {
public:
    explicit scale(std::size_t queues) : receiver_{{}}, arrivals_(queues), waiting_(queues) {
        for (std::size_t i = 0; i < queues; ++i) receiver_.add_queue(1, false);
        // Quiet queues get their one message at times of their own.
        for (std::size_t i = busy_queues; i < queues; ++i) {
            arrivals_[i] = mono_time{} + 5s + i * 37ms;
            at(arrivals_[i], {event::arrival, i, {}, 0});
        }
    }

    outcome run() {
        while (now_ < mono_time{} + run_time) {
            for (const auto& p : receiver_.take(now_).polls) at(now_ + way, {event::asked, p.queue, p, 0});
            const auto next = events_.begin();
            now_ = next->first;
            const event e = next->second;
            events_.erase(next);
            handle(e);
        }
        out_.busy_per_second = static_cast<double>(busy_received_) / 60;
        return out_;
    }

private:
    struct event {
        enum kind : unsigned char { asked, expired, arrival, answered, recorded } what;
        std::size_t queue;
        receiver::poll poll;
        std::size_t messages;
    };

    void at(mono_time when, event e) { events_.emplace(when, e); }

    // One server: a call begins when those before it are done.
    void answer(const receiver::poll& p, std::size_t messages) {
        free_at_ = std::max(free_at_, now_) + call_takes;
        at(free_at_ + way, {event::answered, p.queue, p, messages});
    }

    void handle(const event& e) {
        const bool busy = e.queue < busy_queues;
        switch (e.what) {
            case event::asked:
                if (!busy) ++out_.polls_of_quiet;
                if (busy) {
                    answer(e.poll, static_cast<std::size_t>(e.poll.max_messages));
                } else if (arrivals_[e.queue] <= now_ && !taken_.contains(e.queue)) {
                    taken_.insert(e.queue);
                    answer(e.poll, 1);
                } else {
                    waiting_[e.queue].push_back(e.poll);
                    at(now_ + std::chrono::seconds{e.poll.wait_seconds},
                       {event::expired, e.queue, e.poll, 0});
                }
                break;
            case event::expired:
            case event::arrival: {
                auto& open = waiting_[e.queue];
                const auto found = e.what == event::arrival
                                       ? open.begin()
                                       : std::find_if(open.begin(), open.end(),
                                                      [&](const auto& p) { return p.id == e.poll.id; });
                if (found == open.end()) break;
                const receiver::poll p = *found;
                open.erase(found);
                if (e.what == event::arrival) taken_.insert(e.queue);
                answer(p, e.what == event::arrival ? 1 : 0);
                break;
            }
            case event::answered:
                receiver_.ended(e.poll.id, e.messages, now_);
                if (busy) {
                    busy_received_ += e.messages;
                } else if (e.messages > 0) {
                    ++out_.quiet_seen;
                    out_.longest_wait = std::max(out_.longest_wait, now_ - arrivals_[e.queue]);
                }
                if (e.messages > 0) at(now_ + recording_takes, {event::recorded, e.queue, {}, e.messages});
                break;
            case event::recorded: receiver_.release(e.messages); break;
        }
    }

    receiver receiver_;
    std::multimap<mono_time, event> events_;
    std::vector<mono_time> arrivals_;
    std::vector<std::vector<receiver::poll>> waiting_;  // long polls at the service
    std::set<std::size_t> taken_;
    mono_time now_{}, free_at_{};
    std::size_t busy_received_ = 0;
    outcome out_;
};

TEST(receiver_scale, a_thousand_queues_cost_five_busy_ones_nothing_and_none_waits) {
    const outcome alone = scale{busy_queues}.run();
    const outcome among = scale{1'000}.run();
    EXPECT_GT(alone.busy_per_second, 90'000);
    EXPECT_GT(among.busy_per_second, 0.95 * alone.busy_per_second);
    EXPECT_EQ(among.quiet_seen, 995U);
    EXPECT_LT(among.longest_wait, 100ms);
    // One long poll of 20 s each, one more after its message, and the extra polls that a message may bring.
    EXPECT_LT(among.polls_of_quiet, 995U * 6);
    RecordProperty("busy_alone", std::to_string(alone.busy_per_second));
    RecordProperty("busy_among", std::to_string(among.busy_per_second));
}

}  // namespace
}  // namespace trainyard::aws::sqs
