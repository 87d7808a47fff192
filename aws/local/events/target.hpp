// One target of a rule: where its events go and what they look like there. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "aws/local/events/events_error.hpp"
#include "aws/local/events/input_transformer.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::events {

// The defaults are AWS's: 24 hours, 185 attempts.
struct retry_policy {
    unsigned attempts = 185;  // after the first
    std::chrono::seconds age{86'400};
};

enum class target_kind : unsigned char { queue, bus };

// Nothing for an ARN of anything else: those targets do not exist here.
std::optional<target_kind> kind_of_target(std::string_view arn);

struct target {
    std::string id, arn;
    target_kind kind = target_kind::queue;
    std::string definition;  // as PutTargets gave it; what ListTargetsByRule tells
    std::optional<std::string> input;
    std::optional<json_path> path;
    std::optional<input_transformer> transformer;
    std::string group_id;         // of a FIFO queue
    std::string dead_letter_arn;  // of a standard queue; empty: none
    retry_policy retry;

    // What is delivered of an event.
    std::string body_of(json::value event, const template_context& context) const;
};

// `given` satisfies the model. ValidationException for what AWS refuses of a whole PutTargets.
events_result<target> read_target(json::value given);

}  // namespace trainyard::aws::local::events
