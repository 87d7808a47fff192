#include "aws/local/base/uuid.hpp"

#include <fmt/format.h>

namespace trainyard::aws::local {

std::string make_uuid(rng& random) {
    const std::uint64_t a = random.next_u64(), b = random.next_u64();
    return fmt::format("{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}", a >> 32U, a >> 16U & 0xFFFFU, a & 0xFFFU,
                       (b >> 48U & 0x3FFFU) | 0x8000U, b & 0xFFFF'FFFF'FFFFU);
}

}  // namespace trainyard::aws::local
