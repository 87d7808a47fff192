#include "aws/sqs/consumer_metrics.hpp"

namespace trainyard::aws::sqs {

queue_metrics::queue_metrics(metrics::registry& registry, const std::string& queue) {
    const metrics::labels of_queue{{"queue", queue}};
    received = registry.get_counter("sqs_messages_received_total",
                                    "Messages that SQS delivered, redeliveries included.", of_queue);
    copies =
        registry.get_counter("sqs_messages_repeated_total",
                             "Redeliveries of messages that were held or acknowledged already.", of_queue);
    const auto polls = [&](const char* outcome) {
        return registry.get_counter("sqs_polls_total", "Receive calls by their outcome.",
                                    {{"queue", queue}, {"outcome", outcome}});
    };
    polls_full = polls("full");
    polls_some = polls("some");
    polls_empty = polls("empty");
    polls_failed = polls("failed");
    polls_over_limit = polls("over_limit");
    for (std::size_t i = 0; i < batches.size(); ++i) {
        const metrics::labels of_request{{"queue", queue}, {"request", request_names[i]}};
        const auto entries = [&](const char* outcome) {
            metrics::labels all = of_request;
            all["outcome"] = outcome;
            return registry.get_counter("sqs_batch_entries_total", "Entries of batch calls by their outcome.",
                                        all);
        };
        batches[i].calls = registry.get_counter("sqs_batches_total",
                                                "Batch calls; entries over calls is their fill.", of_request);
        batches[i].done = entries("done");
        batches[i].retried = entries("retried");
        batches[i].abandoned = entries("abandoned");
    }
    seconds_since_poll = registry.get_gauge(
        "sqs_seconds_since_last_successful_poll",
        "Time since a receive call of this queue was answered, with messages or without.", of_queue);
    open_polls = registry.get_gauge("sqs_open_polls", "Receive calls under way.", of_queue);
    at_in_flight_limit =
        registry.get_gauge("sqs_at_in_flight_limit",
                           "1 while SQS gives nothing because too many messages are in flight.", of_queue);
}

}  // namespace trainyard::aws::sqs
