// What a verifier makes of the names of a request's headers. Which headers are signed, whether those that
// must be are, and whether any is there twice depends on names alone; clients send few shapes of requests, so
// it is found once for each.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sigv4/text_buffer.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::sigv4 {

class signed_shape {
public:
    // What the shape is a function of.
    struct source {
        std::span<const header_view> headers;
        std::string_view signed_headers;
        bool presigned;
        std::span<const std::string_view> must_be_signed;
    };
    // Refuses a signed header that is not there exactly once, and one that must be signed and is not.
    static boost::system::result<signed_shape, refused> make(const source& from);
    bool fits(const source& from) const;

    // Stage 1c, "name:value\n" each, of headers that fit.
    void put_block(text_buffer& out, std::span<const header_view> headers) const;

    // Where these stand among the headers.
    std::optional<std::size_t> date, security_token, content_sha256;
    bool content_sha256_is_signed = false;

private:
    struct value_place {
        std::size_t prefix_at, prefix_size;  // "name:"
        std::size_t from;
    };
    std::vector<std::string> wire_names_, must_be_signed_;
    std::string signed_headers_, prefixes_;
    bool presigned_ = false;
    std::vector<value_place> values_;
};

// The latest shapes. Not thread-safe.
class signed_shapes {
public:
    // Clients and their operations, times two for those with a session token.
    static constexpr std::size_t capacity = 32;

    // Valid until the next call.
    boost::system::result<const signed_shape*, refused> get(const signed_shape::source& from);

private:
    std::vector<signed_shape> shapes_;
    std::size_t latest_ = 0, oldest_ = 0;
};

}  // namespace trainyard::sigv4
