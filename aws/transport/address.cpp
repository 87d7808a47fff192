#include "aws/transport/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>

namespace trainyard::aws {

namespace {

using ipv4 = std::array<unsigned char, 4>;
using ipv6 = std::array<unsigned char, 16>;

std::optional<ipv4> parse_ipv4(const std::string& text) {
    ipv4 out{};
    if (inet_pton(AF_INET, text.c_str(), out.data()) != 1) return {};
    return out;
}

std::optional<ipv6> parse_ipv6(const std::string& text) {
    ipv6 out{};
    const auto bare = text.substr(0, text.find('%'));  // fe80::1%eth0
    if (inet_pton(AF_INET6, bare.c_str(), out.data()) != 1) return {};
    return out;
}

bool is_metadata_ipv4(const unsigned char* a) {
    return a[0] == 169 && a[1] == 254;
}

bool begins(const ipv6& a, std::initializer_list<unsigned char> with) {
    return std::equal(with.begin(), with.end(), a.begin());
}

// Where an IPv6 address holds an IPv4 one that its packets may reach.
const unsigned char* embedded_ipv4(const ipv6& a) {
    const bool mapped = begins(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff});
    const bool compatible = begins(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
    const bool nat64 = begins(a, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});
    if (mapped || compatible || nat64) return a.data() + 12;
    if (begins(a, {0x20, 0x02})) return a.data() + 2;  // 6to4
    return nullptr;
}

}  // namespace

bool is_metadata_address(const std::string& ip) {
    if (const auto a = parse_ipv4(ip)) return is_metadata_ipv4(a->data());
    const auto a = parse_ipv6(ip);
    if (!a) return false;
    const bool link_local = (*a)[0] == 0xfe && ((*a)[1] & 0xc0U) == 0x80U;
    if (link_local || begins(*a, {0xfd, 0x00, 0x0e, 0xc2})) return true;
    const auto* inner = embedded_ipv4(*a);
    return inner != nullptr && is_metadata_ipv4(inner);
}

bool is_loopback_host(std::string_view host) {
    if (host == "localhost") return true;
    const std::string text{host};
    if (const auto a = parse_ipv4(text)) return (*a)[0] == 127;
    return host == "::1";
}

}  // namespace trainyard::aws
