// A block of IPv4 or IPv6 addresses (RFC 4632, RFC 4291). Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard::aws::local::events {

class cidr {
public:
    // "10.0.0.0/24", "2001:db8::/32". Mask bits below 32 and below 128, as EventBridge wants them.
    static result<cidr> parse(std::string_view text);
    bool contains(std::string_view address) const;  // false for what is no address, or of the other family

private:
    std::array<std::uint8_t, 16> base_{};
    int family_ = 0;  // AF_INET or AF_INET6
    unsigned bits_ = 0;
};

}  // namespace trainyard::aws::local::events
