#include "aws/local/sagemaker/pipelines/reference.hpp"

#include <charconv>

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// Takes the longest name off the front; empty when there is none.
std::string take_name(std::string_view& text) {
    std::size_t n = 0;
    while (n < text.size() && is_name_character(text[n])) ++n;
    std::string out{text.substr(0, n)};
    text.remove_prefix(n);
    return out;
}

bool take(std::string_view& text, std::string_view expected) {
    if (!text.starts_with(expected)) return false;
    text.remove_prefix(expected.size());
    return true;
}

// After a '[': a quoted key or an index, and the ']'.
std::optional<path_part> take_subscript(std::string_view& text) {
    if (!text.empty() && (text[0] == '\'' || text[0] == '"')) {
        const std::string closing{text[0], ']'};
        const auto end = text.find(closing, 1);
        if (end == std::string_view::npos || end == 1) return std::nullopt;
        path_part key = std::string{text.substr(1, end - 1)};
        text.remove_prefix(end + closing.size());
        return key;
    }
    std::size_t index = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), index);
    if (code != std::errc{}) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!take(text, "]")) return std::nullopt;
    return path_part{index};
}

// The rest of a path that begins with '.' or '['.
std::optional<std::vector<path_part>> take_path(std::string_view text) {
    std::vector<path_part> out;
    while (!text.empty()) {
        if (out.size() == path_parts_max) return std::nullopt;
        if (take(text, ".")) {
            std::string name = take_name(text);
            if (name.empty()) return std::nullopt;
            out.emplace_back(std::move(name));
        } else if (take(text, "[")) {
            auto part = take_subscript(text);
            if (!part) return std::nullopt;
            out.push_back(*std::move(part));
        } else {
            return std::nullopt;
        }
    }
    return out;
}

json::value element_named(json::value list, std::string_view name) {
    for (const json::value e : list.elements())
        for (const char* member : {"OutputName", "InputName", "ChannelName", "GroupName", "Name"})
            if (e.find(member).string() == name) return e;
    return {};
}

}  // namespace

std::optional<reference> parse_reference(std::string_view text) {
    reference out;
    if (take(text, "Parameters.")) {
        out.what = reference::kind::parameter;
    } else if (take(text, "Execution.")) {
        out.what = reference::kind::execution;
    } else if (take(text, "Steps.")) {
        out.what = reference::kind::step;
    } else {
        return std::nullopt;
    }
    out.name = take_name(text);
    if (out.name.empty()) return std::nullopt;
    auto path = take_path(text);
    if (!path) return std::nullopt;
    out.path = *std::move(path);
    if ((out.what == reference::kind::step) == out.path.empty()) return std::nullopt;
    return out;
}

std::optional<std::vector<path_part>> parse_path(std::string_view text) {
    if (text.empty()) return std::nullopt;
    const std::string dotted = text[0] == '[' ? std::string{text} : "." + std::string{text};
    return take_path(dotted);
}

json::value walk(json::value from, const std::vector<path_part>& path) {
    for (const path_part& part : path) {
        if (const auto* name = std::get_if<std::string>(&part))
            from = from.is_array() ? element_named(from, *name) : from.find(*name);
        else
            from = from.is_array() ? from.at(std::get<std::size_t>(part)) : json::value{};
        if (!from.exists()) return from;
    }
    return from;
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
