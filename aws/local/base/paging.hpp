// Pages of a listing that is made anew for each call: a token names the last element of the page before, so
// what comes or goes between two pages moves nothing. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/service.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local {

inline constexpr std::size_t default_page = 10;  // when MaxResults is absent

service_error wrong_token();

// A time as text that sorts like the time, and the element's own name behind it.
std::string time_key(wall_time t, std::string_view name);

template <class T>
struct page {
    std::vector<T> items;
    std::string next_token;  // empty: the last page
};

// `all`: keys, each of them once, and what they stand for. `listing` tells this listing and its order from
// others. Nothing when the NextToken of `input` is not one of this listing's.
template <class T>
std::optional<page<T>> cut_page(std::vector<std::pair<std::string, T>> all, bool ascending, json::value input,
                                std::string_view listing) {
    const std::string prefix = std::string{listing} + (ascending ? "+" : "-");
    std::optional<std::string> after;
    if (const auto token = input.find("NextToken").string(); token && !token->empty()) {
        auto text = from_base64(*token);
        if (!text || !text->starts_with(prefix)) return std::nullopt;
        after = text->substr(prefix.size());
    }
    std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
        return ascending ? a.first < b.first : b.first < a.first;
    });
    const auto size = static_cast<std::size_t>(
        input.find("MaxResults").integer().value_or(static_cast<std::int64_t>(default_page)));
    page<T> out;
    std::string last;
    for (auto& [key, item] : all) {
        if (after && (ascending ? key <= *after : key >= *after)) continue;
        if (out.items.size() == size) {
            out.next_token = to_base64(prefix + last);
            break;
        }
        out.items.push_back(item);
        last = key;
    }
    return out;
}

}  // namespace trainyard::aws::local
