// A consumer's metrics, with handles that are looked up once.
#pragma once

#include <array>
#include <string>

#include "aws/sqs/receiver.hpp"
#include "engine/metrics/registry.hpp"

namespace trainyard::aws::sqs {

// What a batch call carries; the order is that of request_kind.
inline constexpr std::array<const char*, 3> request_names{"delete", "visibility", "send"};

struct queue_metrics {
    queue_metrics(metrics::registry& registry, const std::string& queue);

    metrics::counter received, copies;
    metrics::counter polls_full, polls_some, polls_empty, polls_failed, polls_over_limit;
    struct batch_figures {
        metrics::counter calls, done, retried, abandoned;
    };
    std::array<batch_figures, request_names.size()> batches;
    metrics::gauge seconds_since_poll, open_polls, at_in_flight_limit;
};

}  // namespace trainyard::aws::sqs
