// Reading what a request says of its signature: the Authorization header (parse_authorization() is declared
// in verify.hpp) and the query of a presigned URL.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sigv4/canonical.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::sigv4 {

// Servers take at most about 100 headers; looking each signed one up among them is quadratic.
inline constexpr std::size_t signed_headers_max = 100;
// Far above what 100 names and a scope need.
inline constexpr std::size_t authorization_bytes_max = 8192;

inline constexpr std::string_view signature_parameter = "X-Amz-Signature";

refused incomplete(std::string message);

// parse_authorization(), for a caller that has seen requests: a list of signed headers that equals
// `well_formed`, one that was taken before, is not examined again.
boost::system::result<claims, refused> parse_authorization(const request_view& request,
                                                           std::string_view well_formed);

// Calls `each(part)` for the parts of `text` between `by`; stops at the first that gives something.
template <class Each>
std::optional<refused> for_each_part(std::string_view text, char by, Each each) {
    for (std::size_t at = 0; at <= text.size();) {
        std::size_t end = text.find(by, at);
        if (end == std::string_view::npos) end = text.size();
        if (std::optional<refused> no = each(text.substr(at, end - at))) return no;
        at = end + 1;
    }
    return std::nullopt;
}

// A presigned query, decoded.
struct presigned_query {
    std::string credential, amz_date, signed_headers, token, signature;
    std::chrono::seconds lifetime{};
};

// Each parameter of query authentication exactly once, the token at most once, and well-formed. The claims
// are views of `out`.
boost::system::result<claims, refused> parse_presigned(const query_parameters& query, presigned_query& out);

}  // namespace trainyard::sigv4
