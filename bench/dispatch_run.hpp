// One round of the whole program: `trainyard local` and `trainyard run` as processes of their own, a queue
// that is full before the dispatcher starts, and what the ledger and the local AWS's journal say afterwards.
#pragma once

#include <cstddef>
#include <string>

#include "bench/server_process.hpp"
#include "engine/base/result.hpp"

namespace trainyard::bench {

struct dispatch_shape {
    std::string program;    // trainyard's path
    std::string directory;  // of a round's files: on the disk to measure
    std::size_t jobs = 10'000;
    std::size_t accounts = 4, regions = 1, queues = 1, receivers = 4;
    double patience_seconds = 600;
};

struct dispatch_cost {
    double seconds = 0;  // from the first message received to the last Create accepted
    double dispatcher_cpu_seconds = 0, server_cpu_seconds = 0;  // from serving to the last Create accepted
    double wait_p50_ms = 0, wait_p99_ms = 0;  // of a message: from received to Create accepted
    double sqs_calls = 0, sagemaker_calls = 0, commits = 0;
    double resident_bytes = 0;  // of the dispatcher, at the end
};

// Error: also when a job was lost or started twice, by the journal of the local AWS, or the ledger does not
// pass its audit.
result<dispatch_cost> run_dispatch(const dispatch_shape& shape);

struct floor_cost {
    double seconds = 0, client_cpu_seconds = 0, server_cpu_seconds = 0;
};
// As many CreateTrainingJob as the dispatcher sends, with the same members and tags, each signed: bare
// sockets and epoll, nothing decided and nothing recorded.
result<floor_cost> run_create_floor(const dispatch_shape& shape, std::size_t connections);

// The job that every message holds: 300 bytes of request; it runs for as long as a benchmark.
std::string dispatch_request();

}  // namespace trainyard::bench
