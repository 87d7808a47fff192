// How the headers of one shape of request are signed. A program sends few shapes (the same names in the same
// order), so what depends on names alone is found once: which are signed, in what order, under which names.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "sigv4/request.hpp"
#include "sigv4/text_buffer.hpp"

namespace trainyard::sigv4 {

// Headers that signing adds and signs. In the order in which they are added.
enum class added_header : unsigned char { date, content_sha256, region_set, security_token };
inline constexpr std::array<std::string_view, 4> added_header_names{
    "x-amz-date", "x-amz-content-sha256", "x-amz-region-set", "x-amz-security-token"};

// The values of those that are added; a null view: not added.
using added_values = std::array<std::string_view, added_header_names.size()>;

class header_plan {
public:
    // errc::invalid_argument when host is missing or there twice, or a header that signing adds is there.
    static result<header_plan> make(std::span<const header_view> headers, const added_values& added);

    bool fits(std::span<const header_view> headers, const added_values& added) const;
    // Stage 1c: "name:value\n" each, sorted by name, values of one name joined with ',' in their order. For
    // headers that fit.
    void put_block(text_buffer& out, std::span<const header_view> headers, const added_values& added) const;
    std::string_view signed_headers() const { return signed_headers_; }  // joined with ';'

private:
    // What stands in front of a value: "\nname:", or "," after another of that name.
    struct value_place {
        std::size_t prefix_at, prefix_size;
        std::size_t from;  // of the request's headers; above them, of those added
    };
    std::vector<std::string> wire_names_;
    unsigned added_ = 0;  // bit n: added_header n
    std::vector<value_place> values_;
    std::string prefixes_, signed_headers_;
};

// The plans of the latest shapes. Not thread-safe.
class header_plans {
public:
    static constexpr std::size_t capacity = 16;  // shapes of an AWS client: its operations share one

    // Valid until the next call.
    result<const header_plan*> get(std::span<const header_view> headers, const added_values& added);

private:
    std::vector<header_plan> plans_;
    std::size_t latest_ = 0, oldest_ = 0;
};

}  // namespace trainyard::sigv4
