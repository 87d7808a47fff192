// One rule of what goes wrong: which calls it is for, how often, and what happens to them. As JSON it is an
// object; README has the table of its members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/gate/call_site.hpp"
#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local {

inline constexpr std::size_t fault_rules_max = 100;
inline constexpr std::size_t fault_name_max = 64;
inline constexpr std::size_t fault_text_max = 1024;  // of a pattern, code or message
inline constexpr std::chrono::milliseconds fault_latency_max{60'000};

enum class fault_effect : unsigned char {
    none,                 // the latency alone
    throttle,             // the service's own throttling error
    internal_failure,     // 500
    service_unavailable,  // 503
    expired_token,
    access_denied,
    error,             // the rule's own status, code and message
    answer_lost,       // performed; then the connection closes without an answer
    answer_truncated,  // performed; the answer breaks off in the middle
    closed,            // not performed; the connection closes
};
std::string_view to_string(fault_effect e);

struct fault_rule {
    std::string name;  // unique; letters, digits, - and _
    // Globs over the call.
    std::string service = "*", operation = "*", account = "*", region = "*", resource = "*";
    std::optional<wall_time> from, until;  // the world's time; until is exclusive
    // Of the calls that match: the first N, every Nth; both when both are given.
    std::optional<std::int64_t> first, every;
    double probability = 1;
    std::uint64_t seed = 1;
    fault_effect effect = fault_effect::none;
    service_error error;  // of effect `error`: status, type and message
    std::chrono::milliseconds latency_low{0}, latency_high{0};
};

bool is_fault_name(std::string_view text);  // 1 to fault_name_max letters, digits, - and _

// The message names the member by its JSON pointer: "/probability: must be 0 to 1". `at` prefixes it.
result<fault_rule> read_fault_rule(json::value v, const std::string& at = "");
// A list of rules, or an object with the list "faults"; names that are not given are fault-1, fault-2 by
// place.
result<std::vector<fault_rule>> read_fault_rules(json::value v);
void write_fault_rule(json::writer& out, const fault_rule& rule);  // without the closing brace

}  // namespace trainyard::aws::local
