#include "aws/local/events/cidr.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <charconv>
#include <string>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::events {
namespace {

struct address {
    int family = 0;
    std::array<std::uint8_t, 16> bytes{};
};

// `family` is 0 for what is no address.
address read(std::string_view text) {
    address out;
    constexpr std::size_t longest = 45;  // an IPv6 address that ends as an IPv4 one
    if (text.size() > longest || text.find('\0') != std::string_view::npos) return out;
    const std::string terminated{text};
    for (const int family : {AF_INET, AF_INET6}) {
        if (inet_pton(family, terminated.c_str(), out.bytes.data()) != 1) continue;
        out.family = family;
        break;
    }
    return out;
}

error malformed(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

}  // namespace

result<cidr> cidr::parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos || text.find('/', slash + 1) != std::string_view::npos)
        return malformed("Malformed CIDR, one '/' required");
    const std::string_view mask = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [end, failed] = std::from_chars(mask.data(), mask.data() + mask.size(), bits);
    if (failed != std::errc{} || end != mask.data() + mask.size())
        return malformed("Malformed CIDR, mask bits must be an integer");
    const address base = read(text.substr(0, slash));
    if (base.family == 0)
        return malformed(fmt::format("Nonstandard IP address: {}", printable(text.substr(0, slash))));
    if (base.family == AF_INET && bits > 31) return malformed("IPv4 mask bits must be < 32");
    if (bits > 127) return malformed("IPv6 mask bits must be < 128");
    cidr out;
    out.base_ = base.bytes;
    out.family_ = base.family;
    out.bits_ = bits;
    return out;
}

bool cidr::contains(std::string_view text) const {
    const address other = read(text);
    if (other.family != family_) return false;
    for (unsigned bit = 0; bit < bits_; ++bit) {
        const unsigned shift = 7 - bit % 8;
        if (((base_[bit / 8] ^ other.bytes[bit / 8]) >> shift & 1U) != 0) return false;
    }
    return true;
}

}  // namespace trainyard::aws::local::events
