// From a host name to addresses. Nothing is cached: every new connection asks again, so that a change of DNS
// is followed as soon as connections age out.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>
#include <string>
#include <vector>

#include "engine/http/client.hpp"

namespace trainyard::http {

constexpr std::size_t addresses_max =
    16;  // a name with more answers is cut: each may cost a connection attempt

// As refuse_address and messages show it: an IPv4 address in IPv6 clothes (::ffff:a.b.c.d) is the IPv4
// address, and a zone (%eth0) is left out.
std::string address_text(const boost::asio::ip::address& a);

struct resolved {
    std::vector<boost::asio::ip::address> addresses;  // in the order to try them; empty: see `why`
    std::string why;  // what failed, or which addresses were refused; may be empty
};

// IP literals are not looked up, but refused like any other address. `may_refuse` false: refuse_address is
// not asked.
task<resolved> resolve(boost::asio::any_io_executor executor, std::string host, const client_options& options,
                       bool may_refuse, mono_time deadline);

}  // namespace trainyard::http
