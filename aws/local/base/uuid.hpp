// Version 4 UUIDs (RFC 9562) in 16 bytes: ids of messages, tasks and requests.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/rng.hpp"

namespace trainyard::aws::local {

struct uuid {
    std::uint64_t high = 0, low = 0;
    std::string str() const;  // 8-4-4-4-12 lower-case hex digits
    friend auto operator<=>(const uuid&, const uuid&) = default;
};

uuid make_uuid(rng& random);
// The inverse of uuid::str().
std::optional<uuid> parse_uuid(std::string_view text);

}  // namespace trainyard::aws::local
