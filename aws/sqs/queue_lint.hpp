// What about a queue's attributes will make trouble one day. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::aws::sqs {

// As GetQueueAttributes gives them, all of them.
using queue_attributes = std::map<std::string, std::string>;

struct lint_finding {
    std::string_view rule;  // stable: no-dead-letter-queue, receive-count-low, ...
    std::string message;    // what is so
    std::string advice;     // what to do
};

// The dead-letter queue that the queue's RedrivePolicy names; empty: none.
std::string dead_letter_arn(const queue_attributes& queue);

// `dead_letters`: the attributes of that queue; nothing: there is none, or it does not exist.
std::vector<lint_finding> lint_queue(const queue_attributes& queue,
                                     const std::optional<queue_attributes>& dead_letters);

}  // namespace trainyard::aws::sqs
