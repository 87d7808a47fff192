#include "engine/http/peer_limit.hpp"

#include <gtest/gtest.h>

namespace trainyard::http {
namespace {

boost::asio::ip::address at(const char* text) {
    return boost::asio::ip::make_address(text);
}

TEST(peer_limit, each_peer_has_its_own_count) {
    peer_limit l(2);
    l.add(at("10.0.0.1"));
    EXPECT_FALSE(l.full(at("10.0.0.1")));
    l.add(at("10.0.0.1"));
    EXPECT_TRUE(l.full(at("10.0.0.1")));
    EXPECT_FALSE(l.full(at("10.0.0.2")));
    l.remove(at("10.0.0.1"));
    EXPECT_FALSE(l.full(at("10.0.0.1")));
    l.remove(at("10.0.0.1"));
    EXPECT_EQ(l.peers(), 0U) << "who has left takes no memory";
}

TEST(peer_limit, a_network_of_ipv6_is_one_peer) {
    peer_limit l(1);
    l.add(at("fd00:0:0:1::1"));
    EXPECT_TRUE(l.full(at("fd00:0:0:1:ffff::2")));
    EXPECT_FALSE(l.full(at("fd00:0:0:2::1")));
    l.add(at("::ffff:10.0.0.1"));
    EXPECT_TRUE(l.full(at("10.0.0.1")));
    EXPECT_FALSE(l.full(at("::ffff:10.0.0.2"))) << "all of IPv4 is not one network";
}

TEST(peer_limit, zero_is_no_limit) {
    peer_limit l(0);
    l.add(at("10.0.0.1"));
    EXPECT_FALSE(l.full(at("10.0.0.1")));
    EXPECT_EQ(l.peers(), 0U);
    l.remove(at("10.0.0.1"));
}

}  // namespace
}  // namespace trainyard::http
