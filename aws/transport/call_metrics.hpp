// The metrics of AWS calls, with handles that are looked up once.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/transport/error.hpp"
#include "engine/metrics/registry.hpp"

namespace trainyard::aws {

class call_metrics {
public:
    explicit call_metrics(metrics::registry& registry);

    // A call ended; no failure: it succeeded.
    void ended(std::string_view service, std::string_view operation, std::optional<failure> outcome,
               double seconds);
    void retried(std::string_view service, std::string_view operation);
    void circuit_opened(std::string_view service, std::string_view operation);
    void skew_changed(const std::string& authority, double seconds);

private:
    // Operations are names in the code, so there are as many of these as the code has calls.
    struct handles {
        std::array<std::optional<metrics::counter>, failure_kinds + 1> outcomes;
        metrics::histogram seconds;
        std::optional<metrics::counter> retries, openings;
    };
    handles& of(std::string_view service, std::string_view operation);

    metrics::registry& registry_;
    std::map<std::string, std::map<std::string, handles, std::less<>>, std::less<>> handles_;
};

}  // namespace trainyard::aws
