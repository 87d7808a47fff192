#include "aws/local/policy/pattern.hpp"

#include <algorithm>
#include <array>

namespace trainyard::aws::local {
namespace {

// `wild(i)` tells what the pattern's character i is: '*', '?' or 0.
template <class Wild>
bool glob(std::string_view pattern, std::string_view text, const Wild& wild) {
    std::size_t p = 0, t = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size()) {
        const char w = p < pattern.size() ? wild(p) : '\0';
        if (w == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (w == '?' || pattern[p] == text[t])) {
            ++p, ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && wild(p) == '*') ++p;
    return p == pattern.size();
}

// The first five parts end at a colon, the sixth is the rest: (offset, length) of each.
using arn_parts = std::array<std::pair<std::size_t, std::size_t>, 6>;
std::optional<arn_parts> split_arn(std::string_view arn) {
    arn_parts parts;
    std::size_t from = 0;
    for (std::size_t i = 0; i < 5; ++i) {
        const auto colon = arn.find(':', from);
        if (colon == std::string_view::npos) return std::nullopt;
        parts[i] = {from, colon - from};
        from = colon + 1;
    }
    parts[5] = {from, arn.size() - from};
    return parts;
}

char wildness(char c) {
    return c == '*' || c == '?' ? c : '\0';
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

// What "${inside}" stands for.
std::optional<std::string> value_of(std::string_view inside, const policy_context& context) {
    if (inside == "*" || inside == "?" || inside == "$") return std::string{inside};
    const auto comma = inside.find(',');
    const auto found = context.find(lower(trimmed(inside.substr(0, comma))));
    if (found != context.end() && found->second.all.size() == 1) return found->second.all.front();
    if (comma == std::string_view::npos || found != context.end()) return std::nullopt;
    const std::string_view otherwise = trimmed(inside.substr(comma + 1));
    if (otherwise.size() < 2 || !otherwise.starts_with('\'') || !otherwise.ends_with('\''))
        return std::nullopt;
    return std::string{otherwise.substr(1, otherwise.size() - 2)};
}

}  // namespace

bool matches_pattern(std::string_view pattern, std::string_view text) {
    return glob(pattern, text, [pattern](std::size_t i) { return wildness(pattern[i]); });
}

std::optional<expanded_pattern> expand(std::string_view pattern, const policy_context& context) {
    expanded_pattern out;
    while (!pattern.empty()) {
        const auto opens = pattern.find("${");
        const auto closes = opens == std::string_view::npos ? opens : pattern.find('}', opens);
        const std::string_view plain = pattern.substr(0, closes == std::string_view::npos ? closes : opens);
        for (const char c : plain) {
            out.text += c;
            out.wild += wildness(c);
        }
        if (closes == std::string_view::npos) break;
        const auto value = value_of(pattern.substr(opens + 2, closes - opens - 2), context);
        if (!value) return std::nullopt;
        out.text += *value;
        out.wild.append(value->size(), '\0');
        pattern.remove_prefix(closes + 1);
    }
    return out;
}

expanded_pattern expand_nothing(std::string_view pattern) {
    expanded_pattern out{std::string{pattern}, std::string{pattern}};
    std::transform(out.wild.begin(), out.wild.end(), out.wild.begin(), wildness);
    return out;
}

bool matches(const expanded_pattern& pattern, std::string_view text) {
    return glob(pattern.text, text, [&pattern](std::size_t i) { return pattern.wild[i]; });
}

bool matches_arn(const expanded_pattern& pattern, std::string_view arn) {
    const auto p = split_arn(pattern.text), a = split_arn(arn);
    if (!p || !a) return false;
    for (std::size_t i = 0; i < p->size(); ++i) {
        const auto [from, length] = (*p)[i];
        const std::string_view part = std::string_view{pattern.text}.substr(from, length);
        const auto wild = [&pattern, start = from](std::size_t at) { return pattern.wild[start + at]; };
        if (!glob(part, arn.substr((*a)[i].first, (*a)[i].second), wild)) return false;
    }
    return true;
}

std::string lower(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

}  // namespace trainyard::aws::local
