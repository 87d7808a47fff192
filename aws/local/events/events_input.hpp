// What the operations share: members of a request, tags, pages. Pure.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "aws/local/events/bus_registry.hpp"
#include "aws/local/events/events_error.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::events {

// Absent and null are "".
std::string text_of(json::value in, std::string_view member);

// The tags of `in`, over those already there; too many are a LimitExceededException.
events_result<tag_map> read_tags(json::value in, const tag_map& already);
void write_tags(json::writer& out, const tag_map& tags);

// Where a page ended, as its NextToken.
std::string to_token(std::string_view last);
events_result<std::string> from_token(json::value in);
inline constexpr std::size_t max_page = 100;
std::size_t page_size(json::value in);  // Limit, or the most there is

// Writes `key`: a list of the elements after the request's NextToken, and a NextToken when there are more.
// `sorted` holds pairs of a unique name, by which it is sorted, and whatever `write` takes.
template <class Elements, class Write>
service_reply write_page(json::value in, std::string_view key, const Elements& sorted, Write write) {
    const auto after = from_token(in);
    if (!after) return after.error();
    std::size_t left = page_size(in);
    std::string last;
    bool more = false;
    json::writer out;
    out.begin_object().key(key).begin_array();
    for (const auto& [name, element] : sorted) {
        if (!after->empty() && std::string_view{name} <= *after) continue;
        if (left == 0) {
            more = true;
            break;
        }
        --left;
        last = name;
        write(out, element);
    }
    out.end_array();
    if (more) out.member("NextToken", to_token(last));
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::events
