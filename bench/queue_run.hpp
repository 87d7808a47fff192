// A whole run of the queue harness: queues made, load, queues deleted again.
#pragma once

#include <vector>

#include "bench/queue_load.hpp"
#include "bench/report.hpp"

namespace trainyard::bench {

// What was measured, over all threads.
struct queue_outcome {
    std::vector<load_window> rounds;
    std::vector<double> floor_us;    // queue_plan::floor, by round
    std::vector<load_window> alone;  // mode many: of the busy queues alone, by round
    load_window quiet;               // mode many: with a message to each quiet queue
    std::vector<load_tick> ticks;    // since the first round's begin; counts are sums
    std::vector<std::string> queue_urls;
    mono_time began{};
    bool counted_allocations = false;
    std::string last_error;
};

// Progress goes to standard error where that is a terminal. Errors: the plan is wrong (invalid_argument), the
// endpoint does not answer (unreachable), or nothing was carried.
result<queue_outcome> run_queue(const queue_plan& p, std::uint64_t (*count_allocations)());

// What counts as carried: sent, received, or deleted, by the mode.
std::uint64_t messages_of(queue_mode m, const load_counts& c);

// The times of all rounds, corrected for coordinated omission where that is known: see latency_histogram.hpp.
latency_histogram latency_of(const queue_plan& p, const queue_outcome& o, queue_op what);

report queue_report(const queue_plan& p, const queue_outcome& o);
// The same with plots, as one HTML file.
std::string queue_html(const queue_plan& p, const queue_outcome& o, const report& r);

}  // namespace trainyard::bench
