// Reading the Authorization header; parse_authorization() is declared in verify.hpp.
#pragma once

#include <cstddef>
#include <string_view>

namespace trainyard::sigv4 {

// Servers take at most about 100 headers; looking each signed one up among them is quadratic.
inline constexpr std::size_t signed_headers_max = 100;
// Far above what 100 names and a scope need.
inline constexpr std::size_t authorization_bytes_max = 8192;

// Equal but for ASCII case. `lower_name` is lower case.
bool same_name(std::string_view name, std::string_view lower_name);

}  // namespace trainyard::sigv4
