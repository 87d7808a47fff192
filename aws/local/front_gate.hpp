// What the gate does to one call, in the words of its service. Pure.
#pragma once

#include <optional>
#include <string>

#include "aws/local/front_protocol.hpp"
#include "aws/local/gate/gate.hpp"

namespace trainyard::aws::local {

struct verdict {
    std::chrono::milliseconds latency{0};      // to wait before anything else
    std::optional<service_error> refused;      // the answer; nothing is performed
    fault_effect effect = fault_effect::none;  // answer_lost, answer_truncated or closed, beside the above
    bool throttled = false;                    // by a rate, not by a fault rule
    std::string rule;                          // the fault rule that fired; empty: none
};

// `queue_is_fast` says whether a FIFO queue has high throughput.
verdict judge(gate& g, const route& where, const operation_call& call,
              const std::function<bool(const operation_call&, std::string_view queue)>& queue_is_fast,
              mono_time mono);

// The name that rates and rules know the call's resource by: of SQS the queue, else the first member that
// the operation requires and that names something (of an ARN what stands behind its last / or :).
std::string resource_of(const route& where, const operation_call& call);

}  // namespace trainyard::aws::local
