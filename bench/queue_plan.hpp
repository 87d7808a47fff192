// What `trainyard-bench queue` does to which queues. Plain values, checked before anything runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::bench {

enum class queue_mode : unsigned char {
    send,       // batches are sent
    receive,    // a backlog is received with a visibility timeout of 0, so that it stays
    erase,      // a backlog is received and deleted, batch by batch
    roundtrip,  // sent, received, deleted
    fill,       // a backlog is sent and left there, for other clients
    many,       // round trips on few of many queues, beside the same with the few alone
};
std::string_view to_string(queue_mode m);

// What receives and deletes.
enum class queue_client : unsigned char {
    calls,     // aws/sqs/client: a receive, then the delete of what it brought, on each connection
    consumer,  // aws/sqs/consumer: polls beside each other, deletes in batches across receives
};
std::string_view to_string(queue_client c);

struct queue_plan {
    queue_mode mode = queue_mode::roundtrip;
    queue_client client = queue_client::consumer;
    double linger_ms = 10;  // of the consumer's batches
    bool fifo = false;
    std::size_t body_bytes = 300;
    std::size_t batch = 10;  // messages a call
    std::size_t connections =
        16;  // calls at once, of all threads; the consumer's polls, deletes and sends each
    std::size_t threads = 1;
    std::size_t queues = 1;
    std::size_t busy = 5;      // mode many: of the queues
    std::size_t groups = 100;  // FIFO: message groups of a queue
    double rate = 0;           // open loop: messages/s that are sent whatever comes back; 0: closed loop
    double seconds = 10;       // of all rounds together
    double warm_seconds = 2;
    std::size_t rounds = 5;
    std::size_t messages = 100'000;  // of the backlog, anew for each round where it is used up
    std::uint64_t seed = 1;
    bool floor = false;  // erase: measure the floor in turns

    std::string endpoint;  // empty: a local server of our own; "aws": the region's; else a URL
    std::string region;    // empty: what the environment and the profile say, us-east-1 with our own server
    std::string profile;
    std::vector<std::string> queue_urls;  // instead of queues made for the run and deleted after it
    bool force = false;                   // although these are not empty
    std::string program;                  // of the local server

    double window_seconds() const { return seconds / static_cast<double>(rounds); }
    // A backlog that each round uses up.
    bool drains() const { return mode == queue_mode::erase; }
    bool consumes() const {
        if (mode == queue_mode::many) return true;
        return client == queue_client::consumer &&
               (mode == queue_mode::erase || mode == queue_mode::roundtrip);
    }
};

inline constexpr std::size_t body_bytes_min = 64;

// errc::invalid_argument naming the option.
result<void> check(const queue_plan& p);
// In the order and words of the manifest. Runs with the same ones may be compared.
std::vector<std::pair<std::string, std::string>> parameters_of(const queue_plan& p);

}  // namespace trainyard::bench
