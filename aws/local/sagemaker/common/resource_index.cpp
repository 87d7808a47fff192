#include "aws/local/sagemaker/common/resource_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "aws/local/base/validation.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::uint64_t millis_max = 9'000'000'000'000;  // the year 2255

std::string_view prefix(const list_query& q) {
    switch (q.by) {
        case list_query::sort::creation_time: return q.ascending ? "c+" : "c-";
        case list_query::sort::name: return q.ascending ? "n+" : "n-";
        case list_query::sort::status: return q.ascending ? "s+" : "s-";
    }
    return {};
}

}  // namespace

std::optional<wall_time> read_time(json::value v) {
    if (const auto text = v.string()) {
        const auto t = parse_iso8601(*text);
        return t ? std::optional{*t} : std::nullopt;
    }
    const auto seconds = v.number();
    if (!seconds) return std::nullopt;
    return from_unix_millis(std::llround(*seconds * 1000));
}

list_query read_list_query(json::value in) {
    list_query q;
    q.created_after = read_time(in.find("CreationTimeAfter"));
    q.created_before = read_time(in.find("CreationTimeBefore"));
    q.modified_after = read_time(in.find("LastModifiedTimeAfter"));
    q.modified_before = read_time(in.find("LastModifiedTimeBefore"));
    q.name_contains = in.find("NameContains").string().value_or("");
    if (const auto status = in.find("StatusEquals").string()) q.status_equals = *status;
    const auto by = in.find("SortBy").string().value_or("");
    if (by.ends_with("Name")) q.by = list_query::sort::name;
    if (by.ends_with("Status")) q.by = list_query::sort::status;
    q.ascending = in.find("SortOrder").string() == "Ascending";
    q.max = static_cast<std::size_t>(
        in.find("MaxResults").integer().value_or(static_cast<std::int64_t>(default_page)));
    q.token = in.find("NextToken").string().value_or("");
    return q;
}

service_error wrong_list_token() {
    return validation_exception("The NextToken is not one that this listing gave.");
}

std::string make_list_token(const list_query& q, std::string_view key) {
    return to_base64(fmt::format("{}{}", prefix(q), key));
}

std::optional<std::string> read_list_token(const list_query& q) {
    auto text = from_base64(q.token);
    if (!text || !text->starts_with(prefix(q))) return std::nullopt;
    return text->substr(prefix(q).size());
}

std::string write_place(const place& p) {
    return fmt::format("{:016x}{:016x}", static_cast<std::uint64_t>(to_unix_millis(p.first)), p.second);
}

place read_place(std::string_view text) {
    std::uint64_t millis = 0, number = 0;
    const std::string_view first = text.substr(0, 16), second = text.substr(first.size());
    std::from_chars(first.data(), first.data() + first.size(), millis, 16);
    std::from_chars(second.data(), second.data() + second.size(), number, 16);
    // What does not fit a wall_time is no text of ours.
    return {from_unix_millis(static_cast<std::int64_t>(std::min(millis, millis_max))), number};
}

}  // namespace trainyard::aws::local::sagemaker
