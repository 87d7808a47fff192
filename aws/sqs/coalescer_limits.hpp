// Bounds of batches; see coalescer.hpp.
#pragma once

#include <cstddef>

#include "aws/sqs/types.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::sqs {

struct coalescer_limits {
    std::size_t entries = batch_entries_max;  // in one batch, 1 to 10
    std::size_t bytes = batch_bytes_max;      // of one batch
    duration linger = std::chrono::milliseconds{10};
    std::size_t batches_in_flight = 16;
    std::size_t waiting = 100'000;  // entries not in flight; beyond it add() refuses
    int attempts = 5;               // of one entry
    duration pause =
        std::chrono::milliseconds{100};  // before the second attempt, doubled each time, with full jitter
    duration pause_max = std::chrono::seconds{10};
};

}  // namespace trainyard::aws::sqs
