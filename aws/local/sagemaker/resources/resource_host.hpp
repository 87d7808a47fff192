// What models and endpoints ask of the rest of the local AWS. Each function may be empty: then there is no
// quota, nothing fails, and nobody hears of changes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/resources/endpoint.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker::resources {

// Something for EventBridge.
struct state_change_note {
    wall_time when{};
    std::string_view detail_type;  // "SageMaker Endpoint State Change"
    std::string arn;
    std::string detail;  // JSON
};

struct resource_host {
    // Takes instances of the endpoint quotas, all or none; the error of the quota that is too small.
    std::function<std::optional<service_error>(const instance_counts&)> take;
    std::function<void(const instance_counts&)> give_back;
    std::function<endpoint_fate(std::string_view endpoint, const deployment& to)> fate_of;
    std::function<void(const state_change_note&)> tell;
    // Something with that ARN is new, changed or gone.
    std::function<void(const std::string& arn)> touched;
};

}  // namespace trainyard::aws::local::sagemaker::resources
