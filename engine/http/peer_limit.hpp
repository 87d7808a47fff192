// How many connections one peer has. A peer is an IPv4 address, or an IPv6 /64: whoever has one address of
// such a network has all of them.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <map>

namespace trainyard::http {

class peer_limit {
public:
    explicit peer_limit(std::size_t max) : max_(max) {}  // 0: no limit, and nothing is counted

    bool counts() const { return max_ > 0; }
    bool full(const boost::asio::ip::address& peer) const;
    void add(const boost::asio::ip::address& peer);
    void remove(const boost::asio::ip::address& peer);  // once for each add()
    std::size_t peers() const { return connections_.size(); }

private:
    std::size_t max_;
    std::map<boost::asio::ip::address, std::size_t> connections_;
};

}  // namespace trainyard::http
