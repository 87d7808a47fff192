// One client thread of the queue harness: its calls in flight, what they cost, and how long they took.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/transport/error.hpp"
#include "bench/latency_histogram.hpp"
#include "bench/queue_plan.hpp"
#include "bench/queue_target.hpp"

namespace trainyard::bench {

enum class queue_op : unsigned char {
    send,
    receive,        // that brought something
    empty_receive,  // that did not: its time is mostly waiting
    erase,
    message,        // from the intended start of its send to its arrival here
    quiet_message,  // the same of the only message of a queue
};
inline constexpr std::size_t queue_ops = static_cast<std::size_t>(queue_op::quiet_message) + 1;
std::string_view to_string(queue_op o);

// Since the thread began.
struct load_counts {
    std::uint64_t sent = 0, received = 0, deleted = 0;  // messages
    std::uint64_t requests = 0;                         // on the wire, retries included
    std::uint64_t delete_calls = 0, delete_entries = 0;
    std::uint64_t failed_entries = 0;                              // of batches that were answered
    std::array<std::uint64_t, aws::failure_kinds> failed_calls{};  // by aws::failure
    std::uint64_t allocations = 0;
    double cpu_ns = 0;         // of the thread
    double server_cpu_ns = 0;  // of our own server; one thread looks

    load_counts& operator+=(const load_counts& b);
    load_counts& operator-=(const load_counts& b);
    std::uint64_t failures() const;  // calls and entries
};

struct load_tick {
    mono_time at;
    load_counts counts;
    bool first = false;  // of its segment
};

// What happened in one window of a run. A call belongs to the window of its intended start.
struct load_window {
    mono_time began{}, ended{};
    load_counts used;
    std::array<latency_histogram, queue_ops> latency;
};

// A backlog that all threads work off together. Its last message ends the segment.
struct shared_backlog {
    std::atomic<std::int64_t> left{0};
    std::atomic<std::int64_t> emptied_ns{0};  // of real_clock().mono(); 0: not yet
};

// Windows one after the other, without a pause; a run of the load. Before them a time, or a part of the
// backlog, that no window counts.
struct load_segment {
    mono_time begin;
    duration lead{};
    std::int64_t lead_messages = 0;
    duration window{};
    std::size_t windows = 1;
    shared_backlog* backlog = nullptr;  // null: the windows alone end the segment
    std::size_t queues = 0;             // of the consumer, the first ones; 0: all
    bool quiet_messages = false;        // one to each queue that is not busy, spread over the windows
};

struct segment_result {
    std::vector<load_window> windows;
    std::vector<load_tick> ticks;
    std::string last_error;  // of a call; empty: none
};

class load_thread {
public:
    // `count_allocations` gives those of the calling thread; null: they are not counted. The references
    // outlive this.
    load_thread(const queue_plan& p, const queue_target& at, const std::vector<std::string>& queue_urls,
                std::size_t number, std::uint64_t (*count_allocations)());
    ~load_thread();

    // Connects nothing yet; finds the credentials.
    result<void> open();
    std::future<segment_result> run(load_segment what);
    // Sends `messages` of the backlog, unmeasured.
    std::future<result<void>> fill(std::size_t messages);
    // Receives and deletes what is left, unmeasured, until two receives in a row bring nothing, or `until`.
    std::future<void> drain(mono_time until);
    void close();  // idempotent

    // For the progress line, from any thread.
    std::uint64_t messages_so_far() const;
    std::uint64_t failures_so_far() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::bench
