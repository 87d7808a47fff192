// What the front counts. Labels are AWS's names of services and operations, so their number is bounded; an
// operation that no model knows is "other".
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/front_services.hpp"
#include "engine/base/time.hpp"
#include "engine/metrics/registry.hpp"

namespace trainyard::aws::local {

// How a request ended.
enum class outcome_class : unsigned char {
    ok,
    client_error,  // 4xx
    server_error,  // 5xx
    refused,       // for its signature
    throttled,     // by a rate
    closed,        // without a whole answer: a fault
};

class front_metrics {
public:
    explicit front_metrics(metrics::registry& registry);

    void began();
    // `took` is left out of the histogram for a request that may wait for messages.
    void ended(service_name service, std::string_view operation, outcome_class how, duration took,
               bool waits);
    void faulted(const std::string& rule);
    std::size_t in_flight() const { return in_flight_; }

private:
    static constexpr std::size_t outcomes = 6;
    using row = std::array<std::optional<metrics::counter>, outcomes>;  // made when first used

    metrics::registry& registry_;
    std::size_t in_flight_ = 0;
    metrics::gauge in_flight_gauge_;
    metrics::counter refused_;
    // By service_name; then by the place of the operation in the model, the last one being "other".
    std::array<std::vector<row>, services_known + 1> requests_;
    std::array<metrics::histogram, services_known + 1> seconds_;
    std::array<metrics::counter, services_known + 1> throttled_;
    std::map<std::string, metrics::counter> faults_;
};

}  // namespace trainyard::aws::local
