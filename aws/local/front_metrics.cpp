#include "aws/local/front_metrics.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::array<std::string_view, 6> outcome_names{"ok",      "client_error", "server_error",
                                                        "refused", "throttled",    "closed"};
const std::vector<double> buckets{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1, 5};
// Rules come and go; the names beyond are "other", as in the registry.
constexpr std::size_t fault_names_max = 400;

}  // namespace

front_metrics::front_metrics(metrics::registry& registry) : registry_(registry) {
    in_flight_gauge_ =
        registry.get_gauge("local_requests_in_flight", "Requests that the local AWS has not answered yet.");
    refused_ = registry.get_counter("local_signatures_refused_total",
                                    "Requests that the local AWS refused for their signature.");
    for (std::size_t s = 0; s <= services_known; ++s) {
        const auto name = static_cast<service_name>(s);
        const metrics::labels l{{"service", std::string{to_string(name)}}};
        const service_row* const known = find_row(name);
        requests_[s].resize(1 + (known ? known->model().operations.size() : 0));
        seconds_[s] =
            registry.get_histogram("local_request_seconds",
                                   "Time to an answer of the local AWS, without ReceiveMessage.", buckets, l);
        throttled_[s] = registry.get_counter("local_throttled_total",
                                             "Requests that the local AWS refused for their rate.", l);
    }
}

void front_metrics::began() {
    in_flight_gauge_.set(static_cast<double>(++in_flight_));
}

void front_metrics::ended(service_name service, std::string_view operation, outcome_class how, duration took,
                          bool waits) {
    in_flight_gauge_.set(static_cast<double>(--in_flight_));
    const auto s = static_cast<std::size_t>(service);
    const auto o = static_cast<std::size_t>(how);
    const service_row* const known = find_row(service);
    std::size_t place = requests_[s].size() - 1;
    std::string_view name = "other";
    if (known)
        if (const auto* const found = known->model().find(operation)) {
            place = static_cast<std::size_t>(found - known->model().operations.data());
            name = found->name;
        }
    auto& counted = requests_[s][place][o];
    if (!counted)
        counted = registry_.get_counter("local_requests_total", "Requests to the local AWS.",
                                        {{"service", std::string{to_string(service)}},
                                         {"operation", std::string{name}},
                                         {"outcome", std::string{outcome_names[o]}}});
    counted->add();
    if (how == outcome_class::refused) refused_.add();
    if (how == outcome_class::throttled) throttled_[s].add();
    if (!waits) seconds_[s].observe(std::chrono::duration<double>(took).count());
}

void front_metrics::faulted(const std::string& rule) {
    auto found = faults_.find(rule);
    if (found == faults_.end()) {
        const std::string name = faults_.size() < fault_names_max ? rule : "other";
        const auto made = registry_.get_counter(
            "local_faults_total", "Requests that a fault rule of the local AWS hit.", {{"rule", name}});
        found = faults_.size() < fault_names_max ? faults_.emplace(rule, made).first
                                                 : faults_.emplace("other", made).first;
    }
    found->second.add();
}

}  // namespace trainyard::aws::local
