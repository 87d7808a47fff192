// The messages of the queue harness: bodies of a stated size that carry when they were to be sent.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "aws/sqs/types.hpp"
#include "bench/queue_plan.hpp"
#include "engine/base/time.hpp"

namespace trainyard::bench {

// One thread's. No two makers of a run may have the same `number`.
class message_maker {
public:
    message_maker(const queue_plan& p, std::size_t number);

    // The next batch: of FIFO queues each message is of the next group, with a deduplication id of its own.
    std::vector<aws::sqs::send_entry> batch(mono_time intended, std::size_t count);
    aws::sqs::send_entry one(mono_time intended);  // without an id

private:
    const queue_plan& plan_;
    std::string prefix_;   // of deduplication ids
    std::string padding_;  // quotes among it, as JSON jobs have them
    std::uint64_t next_ = 0;
};

// When the message with this body was to be sent; nothing: it is not of a message_maker.
std::optional<mono_time> intended_of(std::string_view body);

}  // namespace trainyard::bench
