// The receiving side of the queue harness by aws/sqs's consumer: parallel polls, deletes in full batches
// across receives.
#pragma once

#include "aws/sqs/consumer.hpp"
#include "bench/queue_workers.hpp"

namespace trainyard::bench {

class bench_consumer final : public aws::sqs::message_handler {
public:
    // Of every queue of the plan. Counts into `s`.
    bench_consumer(boost::asio::io_context& io, load_state& s);

    task<void> run() { return consumer_.run(); }
    void stop() { consumer_.stop(); }
    // Closed round trip: so many messages go round; each that arrives is deleted and another one is sent.
    void set_going(std::size_t messages, mono_time now);
    // What its batches have done so far, added to `c`.
    void add_to(load_counts& c) const;

    void deliver(const aws::sqs::delivery& what) override;
    void abandoned(const aws::sqs::abandoned_entry& what) override;

private:
    void send_one(std::size_t queue, mono_time now);

    load_state& state_;
    aws::sqs::consumer consumer_;
    bool goes_round_ = false;
    std::uint64_t sent_ = 0, send_failures_ = 0;
};

}  // namespace trainyard::bench
