#include "aws/sqs/consumer_metrics.hpp"

namespace trainyard::aws::sqs {

namespace {

constexpr std::array<const char*, 3> request_names{"delete", "visibility", "send"};  // by request_kind

void show_one(metrics::counter& c, std::uint64_t now, std::uint64_t shown) {
    if (now > shown) c.add(static_cast<double>(now - shown));
}

}  // namespace

queue_metrics::queue_metrics(metrics::registry& registry, const std::string& queue, bool receives)
    : receives_(receives) {
    const metrics::labels of_queue{{"queue", queue}};
    for (std::size_t i = 0; i < batches_.size(); ++i) {
        const metrics::labels of_request{{"queue", queue}, {"request", request_names[i]}};
        const auto entries = [&](const char* outcome) {
            metrics::labels all = of_request;
            all["outcome"] = outcome;
            return registry.get_counter("sqs_batch_entries_total", "Entries of batch calls by their outcome.",
                                        all);
        };
        batches_[i].calls = registry.get_counter(
            "sqs_batches_total", "Batch calls; entries over calls is their fill.", of_request);
        batches_[i].done = entries("done");
        batches_[i].retried = entries("retried");
        batches_[i].abandoned = entries("abandoned");
    }
    if (!receives) return;
    received_ = registry.get_counter("sqs_messages_received_total",
                                     "Messages that SQS delivered, redeliveries included.", of_queue);
    copies_ =
        registry.get_counter("sqs_messages_repeated_total",
                             "Redeliveries of messages that were held or acknowledged already.", of_queue);
    const auto polls = [&](const char* outcome) {
        return registry.get_counter("sqs_polls_total", "Receive calls by their outcome.",
                                    {{"queue", queue}, {"outcome", outcome}});
    };
    polls_full_ = polls("full");
    polls_some_ = polls("some");
    polls_empty_ = polls("empty");
    polls_failed_ = polls("failed");
    polls_over_limit_ = polls("over_limit");
    seconds_since_poll_ = registry.get_gauge(
        "sqs_seconds_since_last_successful_poll",
        "Time since a receive call of this queue was answered, with messages or without.", of_queue);
    open_polls_ = registry.get_gauge("sqs_open_polls", "Receive calls under way.", of_queue);
    at_in_flight_limit_ =
        registry.get_gauge("sqs_at_in_flight_limit",
                           "1 while SQS gives nothing because too many messages are in flight.", of_queue);
}

void queue_metrics::show(const queue_figures& now) {
    for (std::size_t i = 0; i < batches_.size(); ++i) {
        const auto& from = shown_.batches[i];
        const auto& to = now.batches[i];
        show_one(batches_[i].calls, to.calls, from.calls);
        show_one(batches_[i].done, to.done, from.done);
        show_one(batches_[i].retried, to.retried, from.retried);
        show_one(batches_[i].abandoned, to.abandoned, from.abandoned);
    }
    if (receives_) {
        show_one(received_, now.received, shown_.received);
        show_one(copies_, now.copies, shown_.copies);
        show_one(polls_full_, now.polls_full, shown_.polls_full);
        show_one(polls_some_, now.polls_some, shown_.polls_some);
        show_one(polls_empty_, now.polls_empty, shown_.polls_empty);
        show_one(polls_failed_, now.polls_failed, shown_.polls_failed);
        show_one(polls_over_limit_, now.polls_over_limit, shown_.polls_over_limit);
    }
    shown_ = now;
}

void queue_metrics::show_polls(const receiver::report& r, double seconds_since_success) {
    seconds_since_poll_.set(seconds_since_success);
    open_polls_.set(static_cast<double>(r.polls));
    at_in_flight_limit_.set(r.state == receiver::state::at_in_flight_limit ? 1 : 0);
}

}  // namespace trainyard::aws::sqs
