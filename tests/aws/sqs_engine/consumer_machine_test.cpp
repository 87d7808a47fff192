// Every machine of a consumer together, against a queue that misbehaves.
#include "aws/sqs/consumer_machine.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/aws/sqs_engine/model_sqs.hpp"
#include "tests/support/runs.hpp"

namespace trainyard::aws::sqs {
namespace {

using namespace std::chrono_literals;
using test::model_sqs;

// One run: a consumer that acknowledges when it likes, calls that take their time, answers that get lost.
class run {
public:
    run(std::uint64_t seed, bool fifo, test::sqs_faults faults, double answers_lost)
        : random_(seed),
          fifo_(fifo),
          lost_(answers_lost),
          service_(fifo, 30s, faults, rng{seed, 1}),
          machine_(options(), rng{seed, 2}) {
        queue_rules rules;
        rules.url = "https://sqs.us-east-1.amazonaws.com/123456789012/work";
        rules.fifo = rules.one_at_a_time = fifo;
        machine_.add_queue(rules);
    }

    void go(std::size_t messages) {
        for (std::size_t i = 0; i < messages; ++i)
            service_.send(fifo_ ? std::string(1, static_cast<char>('a' + random_.below(4))) : "");
        acknowledged_.resize(messages);
        for (int step = 0; service_.deleted() < messages || machine_.slots() > 0; ++step) {
            ASSERT_LT(step, 20'000) << service_.deleted() << " deleted, " << machine_.slots() << " held";
            now_ += std::chrono::milliseconds{random_.between(1, 400)};
            start();
            end_some();
            deliver();
            work();
            ASSERT_FALSE(testing::Test::HasFatalFailure());
        }
        for (std::size_t i = 0; i < messages; ++i) ASSERT_EQ(acknowledged_[i], 1) << "message " << i;
    }

    const consumer_counts& counts() const { return machine_.counts(); }

private:
    struct call_under_way {
        request_kind kind = request_kind::erase;
        deletes::batch erase;
        changes::batch change;
        std::string answer;
        bool lost = false;
    };
    struct poll_under_way {
        receiver::poll what;
        std::string answer;
        mono_time asked;
        bool lost = false;
    };

    consumer_options options() {
        consumer_options o;
        o.receive.credit = static_cast<std::size_t>(random_.between(5, 60));
        o.batches.attempts = static_cast<int>(random_.between(2, 5));
        return o;
    }

    void start() {
        while (const auto p = machine_.next_poll(now_)) {
            const bool lost = random_.chance(lost_);
            polls_.push_back(
                {*p, service_.receive(static_cast<std::size_t>(p->max_messages), now_), now_, lost});
        }
        machine_.forget_inactive();
        std::string body;
        call_under_way c;
        while (machine_.take_deletes(0, c.erase, body, now_)) {
            c.kind = request_kind::erase;
            begin(c, body);
        }
        while (machine_.take_changes(0, c.change, body, now_)) {
            c.kind = request_kind::visibility;
            begin(c, body);
        }
    }

    void begin(call_under_way c, const std::string& body) {
        c.lost = random_.chance(lost_);
        if (!body.empty())
            c.answer = c.kind == request_kind::erase ? service_.delete_batch(body, now_)
                                                     : service_.change_batch(body, now_);
        calls_.push_back(std::move(c));
    }

    template <class T>
    T take_one(std::vector<T>& from) {
        const auto at = from.begin() + static_cast<std::ptrdiff_t>(random_.below(from.size()));
        T out = std::move(*at);
        from.erase(at);
        return out;
    }

    void end_some() {
        while (!polls_.empty() && random_.chance(0.7)) {
            auto p = take_one(polls_);
            if (p.lost)
                machine_.poll_failed(p.what, false, now_);
            else
                ASSERT_TRUE(machine_.poll_answered(p.what, std::move(p.answer), p.asked, now_));
        }
        while (!calls_.empty() && random_.chance(0.7)) {
            auto c = take_one(calls_);
            const std::size_t entries = c.kind == request_kind::erase ? c.erase.size() : c.change.size();
            const batch_outcomes outcomes = c.lost ? batch_outcomes{"effect_unknown", "no answer", false}
                                                   : batch_outcomes{c.answer, entries};
            if (c.kind == request_kind::erase)
                machine_.deletes_ended(0, c.erase, outcomes, now_);
            else
                machine_.changes_ended(0, c.change, outcomes, now_);
        }
        (void)machine_.take_notices();
    }

    void deliver() {
        while (const auto d = machine_.take_delivery(now_)) {
            for (const received& m : d->messages) {
                const auto number = service_.number_of(m.message.body);
                ASSERT_TRUE(number) << m.message.body;
                ASSERT_EQ(acknowledged_[*number], 0) << "message " << *number << " again after its end";
                if (fifo_) {
                    const std::string group{m.message.group_id};
                    for (const auto& h : holding_) ASSERT_NE(h.group, group) << "two of a group at once";
                    ASSERT_GE(*number, last_of_group_[group]) << "group " << group << " out of order";
                    last_of_group_[group] = *number;
                }
                holding_.push_back({m.ref, *number, std::string{m.message.group_id}});
            }
        }
    }

    void work() {
        while (!holding_.empty() && random_.chance(0.8)) {
            const auto h = take_one(holding_);
            ASSERT_NE(machine_.find(h.ref), nullptr);
            if (random_.chance(0.05)) {
                machine_.give_back(h.ref, 0, now_);
                continue;
            }
            machine_.acknowledge(h.ref, now_);
            machine_.acknowledge(h.ref, now_);  // says nothing new
            ++acknowledged_[h.number];
        }
    }

    struct held {
        message_ref ref;
        std::size_t number;
        std::string group;
    };

    rng random_;
    bool fifo_;
    double lost_;
    model_sqs service_;
    consumer_machine machine_;
    mono_time now_{};
    std::vector<poll_under_way> polls_;
    std::vector<call_under_way> calls_;
    std::vector<held> holding_;
    std::vector<int> acknowledged_;
    std::map<std::string, std::size_t> last_of_group_;
};

constexpr test::sqs_faults bad{
    .entry_fails = 0.12, .entry_lies = 0.05, .entry_missing = 0.03, .copy = 0.03, .stale_delete_fails = 0.5};

TEST(consumer_machine, a_well_behaved_queue_is_emptied) {
    run r{1, false, {}, 0};
    r.go(200);
    EXPECT_EQ(r.counts().deleted, 200U);
    EXPECT_EQ(r.counts().duplicates, 0U);
    EXPECT_LE(r.counts().delete_calls, 120U);
}

// 20 % of batch entries fail, some of them after they took effect; answers are lost, copies come, handles are
// stale: every message is recorded once and deleted, and none is worked on again.
TEST(consumer_machine, every_message_is_recorded_once_and_deleted_whatever_fails) {
    std::uint64_t copies = 0, given_up = 0;
    for (std::uint64_t seed = 0; seed < test::runs(10'000); ++seed) {
        SCOPED_TRACE(seed);
        rng random{seed, 7};
        run r{seed, false, bad, random.unit() * 0.2};
        r.go(1 + random.below(40));
        ASSERT_FALSE(HasFatalFailure());
        copies += r.counts().duplicates;
        given_up += r.counts().abandoned;
    }
    EXPECT_GT(copies, test::runs(10'000)) << "the runs should meet copies";
    EXPECT_GT(given_up, test::runs(100)) << "the runs should meet entries that fail for good";
}

TEST(consumer_machine, groups_keep_their_order_whatever_fails) {
    for (std::uint64_t seed = 0; seed < test::runs(3'000); ++seed) {
        SCOPED_TRACE(seed);
        rng random{seed, 8};
        run r{seed, true, bad, random.unit() * 0.1};
        r.go(1 + random.below(30));
        ASSERT_FALSE(HasFatalFailure());
    }
}

}  // namespace
}  // namespace trainyard::aws::sqs
