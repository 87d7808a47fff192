// What receiving ten messages and deleting them costs at the very least: a raw Asio exchange of the same
// bytes, the SHA-256 compressions of two signatures, the MD5 of ten bodies, and one look at each message.
#pragma once

#include <array>
#include <string>

#include "bench/closed_loop.hpp"
#include "bench/queue_plan.hpp"

namespace trainyard::bench {

// The texts of a receive and of the delete that follows it, heads included.
struct floor_sample {
    std::array<std::string, 2> requests, answers;
    std::size_t messages = 0;
};
// As they go to and come from this server, which takes any signature of key "test"; on a queue of its own.
result<floor_sample> take_floor_sample(const queue_plan& p, const endpoint& server);

// CPU time of the client's thread, in microseconds a message, over about `seconds`. The other side is a
// thread that answers without looking.
result<double> measure_floor(const queue_plan& p, const floor_sample& s, double seconds);

}  // namespace trainyard::bench
