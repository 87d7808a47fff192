#include "aws/transport/call_metrics.hpp"

#include <vector>

namespace trainyard::aws {

namespace {

const std::vector<double>& latency_buckets() {
    static const std::vector<double> edges{0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25};
    return edges;
}

metrics::labels names(std::string_view service, std::string_view operation) {
    return {{"service", std::string{service}}, {"operation", std::string{operation}}};
}

}  // namespace

call_metrics::call_metrics(metrics::registry& registry) : registry_(registry) {}

call_metrics::handles& call_metrics::of(std::string_view service, std::string_view operation) {
    auto at = handles_.find(service);
    if (at == handles_.end()) at = handles_.try_emplace(std::string{service}).first;
    if (const auto found = at->second.find(operation); found != at->second.end()) return found->second;
    handles& made = at->second[std::string{operation}];
    made.seconds =
        registry_.get_histogram("aws_request_seconds", "Time of a call to AWS with its retries, in seconds.",
                                latency_buckets(), names(service, operation));
    return made;
}

void call_metrics::ended(std::string_view service, std::string_view operation, std::optional<failure> outcome,
                         double seconds) {
    handles& h = of(service, operation);
    auto& counter = h.outcomes.at(outcome ? static_cast<std::size_t>(*outcome) : failure_kinds);
    if (!counter) {
        auto labels = names(service, operation);
        labels["outcome"] = outcome ? to_string(*outcome) : "ok";
        counter = registry_.get_counter("aws_requests_total",
                                        "Calls to AWS by their outcome, retries not counted.", labels);
    }
    counter->add();
    h.seconds.observe(seconds);
}

void call_metrics::retried(std::string_view service, std::string_view operation) {
    auto& counter = of(service, operation).retries;
    if (!counter)
        counter = registry_.get_counter("aws_retries_total", "Further attempts of calls to AWS.",
                                        names(service, operation));
    counter->add();
}

void call_metrics::circuit_opened(std::string_view service, std::string_view operation) {
    auto& counter = of(service, operation).openings;
    if (!counter)
        counter =
            registry_.get_counter("aws_circuit_opened_total",
                                  "Times that calls of an account to an AWS endpoint were stopped because "
                                  "it had not answered.",
                                  names(service, operation));
    counter->add();
}

void call_metrics::skew_changed(const std::string& authority, double seconds) {
    registry_
        .get_gauge("aws_clock_skew_seconds",
                   "How far the clock of an AWS endpoint is ahead of ours, as its signature errors told.",
                   {{"endpoint", authority}})
        .set(seconds);
}

}  // namespace trainyard::aws
