#include "engine/http/peer_limit.hpp"

#include <algorithm>

#include "engine/base/check.hpp"

namespace trainyard::http {
namespace {

namespace ip = boost::asio::ip;

ip::address key(const ip::address& peer) {
    if (peer.is_v4()) return peer;
    const ip::address_v6 six = peer.to_v6();
    if (six.is_v4_mapped()) return make_address_v4(ip::v4_mapped, six);
    ip::address_v6::bytes_type network = six.to_bytes();
    std::fill(network.begin() + 8, network.end(), static_cast<unsigned char>(0));
    return ip::address_v6(network, six.scope_id());
}

}  // namespace

bool peer_limit::full(const ip::address& peer) const {
    const auto it = connections_.find(key(peer));
    return counts() && it != connections_.end() && it->second >= max_;
}

void peer_limit::add(const ip::address& peer) {
    if (counts()) ++connections_[key(peer)];
}

void peer_limit::remove(const ip::address& peer) {
    if (!counts()) return;
    const auto it = connections_.find(key(peer));
    TY_CHECK(it != connections_.end(), "a connection is removed once, by who added it");
    if (--it->second == 0) connections_.erase(it);
}

}  // namespace trainyard::http
