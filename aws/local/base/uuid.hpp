// Version 4 UUIDs (RFC 9562) in 16 bytes: ids of messages, tasks and requests.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

#include "engine/base/rng.hpp"

namespace trainyard::aws::local {

struct uuid {
    std::uint64_t high = 0, low = 0;
    std::string str() const;  // 8-4-4-4-12 lower-case hex digits
    friend auto operator<=>(const uuid&, const uuid&) = default;
};

uuid make_uuid(rng& random);

}  // namespace trainyard::aws::local
