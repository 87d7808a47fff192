#include "sigv4/signed_shape.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/encoding.hpp"
#include "sigv4/authorization.hpp"
#include "sigv4/canonical.hpp"

namespace trainyard::sigv4 {
namespace {

// Where the first header of that name stands, and how many there are.
struct occurrence {
    std::optional<std::size_t> at;
    std::size_t count = 0;
};

occurrence find_header(std::span<const header_view> headers, std::string_view name) {
    occurrence out;
    for (std::size_t i = 0; i < headers.size(); ++i)
        if (same_name(headers[i].name, name) && ++out.count == 1) out.at = i;
    return out;
}

refused must_be_signed(std::string_view name) {
    return incomplete(fmt::format("'{}' must be a 'SignedHeader' in the AWS Authorization.", name));
}

}  // namespace

boost::system::result<signed_shape, refused> signed_shape::make(const source& from) {
    signed_shape out;
    std::vector<std::string_view> names;
    auto no = for_each_part(from.signed_headers, ';', [&](std::string_view name) -> std::optional<refused> {
        const occurrence found = find_header(from.headers, name);
        if (found.count != 1)
            return incomplete(
                fmt::format("The signed header '{}' must be in the request exactly once, not {} times.",
                            printable(name, 64), found.count));
        names.push_back(name);
        out.values_.push_back({out.prefixes_.size(), name.size() + 1, *found.at});
        out.prefixes_.append(name).append(":");
        return std::nullopt;
    });
    if (no) return *std::move(no);
    const auto is_signed = [&names](std::string_view name) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    if (!is_signed("host")) return must_be_signed("host");
    for (const std::string_view name : from.must_be_signed)
        if (!is_signed(name)) return must_be_signed(name);
    if (!from.presigned && !is_signed("x-amz-date"))
        return incomplete("Authorization header requires existence of a signed 'X-Amz-Date' header.");
    const occurrence token = find_header(from.headers, "x-amz-security-token");
    if (from.presigned && token.count > 0)
        return incomplete("A presigned URL has its session token in the query, not in a header.");
    if (token.count > 0 && !is_signed("x-amz-security-token")) return must_be_signed("x-amz-security-token");
    const occurrence hash = find_header(from.headers, "x-amz-content-sha256");
    if (hash.count > 1) return must_be_signed("x-amz-content-sha256");

    out.date = find_header(from.headers, "x-amz-date").at;
    out.security_token = token.at;
    out.content_sha256 = hash.at;
    out.content_sha256_is_signed = is_signed("x-amz-content-sha256");
    for (const auto& h : from.headers) out.wire_names_.emplace_back(h.name);
    for (const auto name : from.must_be_signed) out.must_be_signed_.emplace_back(name);
    out.signed_headers_ = from.signed_headers;
    out.presigned_ = from.presigned;
    return out;
}

bool signed_shape::fits(const source& from) const {
    const auto same_names = [](std::string_view a, const header_view& b) { return a == b.name; };
    return from.signed_headers == signed_headers_ && from.presigned == presigned_ &&
           std::equal(wire_names_.begin(), wire_names_.end(), from.headers.begin(), from.headers.end(),
                      same_names) &&
           std::equal(must_be_signed_.begin(), must_be_signed_.end(), from.must_be_signed.begin(),
                      from.must_be_signed.end());
}

void signed_shape::put_block(text_buffer& out, std::span<const header_view> headers) const {
    const std::string_view prefixes = prefixes_;
    for (const value_place& v : values_) {
        out.put(prefixes.substr(v.prefix_at, v.prefix_size));
        put_value(out, headers[v.from].value);
        out.put('\n');
    }
}

boost::system::result<const signed_shape*, refused> signed_shapes::get(const signed_shape::source& from) {
    if (latest_ < shapes_.size() && shapes_[latest_].fits(from)) return &shapes_[latest_];
    for (std::size_t i = 0; i < shapes_.size(); ++i)
        if (shapes_[i].fits(from)) return &shapes_[latest_ = i];
    auto made = signed_shape::make(from);
    if (!made) return made.error();
    if (shapes_.size() < capacity) {
        shapes_.push_back(std::move(*made));
        latest_ = shapes_.size() - 1;
    } else {
        latest_ = oldest_;
        shapes_[latest_] = std::move(*made);
        oldest_ = (oldest_ + 1) % capacity;
    }
    return &shapes_[latest_];
}

}  // namespace trainyard::sigv4
