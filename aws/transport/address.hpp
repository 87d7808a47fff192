// Which network addresses may not be the end of a service call. Pure.
#pragma once

#include <string>
#include <string_view>

namespace trainyard::aws {

// True for addresses that answer with a machine's own credentials: link-local 169.254.0.0/16 and fe80::/10,
// and AWS's fd00:ec2::/32, also written as an IPv4 address inside an IPv6 one (mapped, compatible, NAT64,
// 6to4). `ip` is an address as a resolver gives it, without brackets; a name is not an address, so false. For
// the address filter of the HTTP client that serves AWS calls, so that it also holds for what a name resolves
// to. The client that fetches container or instance credentials must not have it.
bool is_metadata_address(const std::string& ip);

// localhost and the loopback addresses: the only ones that plain http:// may go to.
bool is_loopback_host(std::string_view host);

}  // namespace trainyard::aws
