// A consumer's metrics. Counting costs an addition; the registry learns of it when somebody looks.
#pragma once

#include <array>
#include <string>

#include "aws/sqs/consumer_machine.hpp"
#include "engine/metrics/registry.hpp"

namespace trainyard::aws::sqs {

class queue_metrics {
public:
    // `receives`: false for a queue that is only sent to.
    queue_metrics(metrics::registry& registry, const std::string& queue, bool receives);

    void show(const queue_figures& now);
    void show_polls(const receiver::report& r, double seconds_since_success);

private:
    struct batch_counters {
        metrics::counter calls, done, retried, abandoned;
    };
    bool receives_;
    queue_figures shown_;
    metrics::counter received_, copies_;
    metrics::counter polls_full_, polls_some_, polls_empty_, polls_failed_, polls_over_limit_;
    std::array<batch_counters, 3> batches_;  // by request_kind
    metrics::gauge seconds_since_poll_, open_polls_, at_in_flight_limit_;
};

}  // namespace trainyard::aws::sqs
