// EventBridge's event patterns: which events a rule wants. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::local::events {

// Of one pattern, when every $or is multiplied out (EventBridge, "Matching using $or").
inline constexpr std::size_t max_rule_combinations = 1'000;

class event_pattern {
public:
    // errc::invalid_argument or errc::limit; the message is AWS's reason and the JSON pointer of the place:
    // "Unrecognized match type prefx at /detail/state".
    static result<event_pattern> parse(std::string_view text);

    // Whether an event (the whole envelope) is wanted. What a pattern says of the elements of an array holds
    // when one element satisfies all of it. Takes at most pattern times event steps.
    bool matches(json::value event) const;

private:
    struct object;
    struct parser;
    struct pass;
    explicit event_pattern(std::shared_ptr<const object> root, std::size_t leaves);

    std::shared_ptr<const object> root_;  // shared: rules are copied
    std::size_t leaves_;
};

}  // namespace trainyard::aws::local::events
