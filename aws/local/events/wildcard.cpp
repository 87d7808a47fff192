#include "aws/local/events/wildcard.hpp"

#include <fmt/format.h>

namespace trainyard::aws::local::events {

wildcard::part wildcard::prepare(std::string text) {
    part out{std::move(text), {}};
    out.border.assign(out.text.size(), 0);
    for (std::size_t i = 1, k = 0; i < out.text.size(); ++i) {
        while (k > 0 && out.text[i] != out.text[k]) k = out.border[k - 1];
        if (out.text[i] == out.text[k]) ++k;
        out.border[i] = k;
    }
    return out;
}

result<wildcard> wildcard::parse(std::string_view pattern) {
    wildcard out;
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '*') {
            // Positions as AWS counts them: the quote before the text is the first character.
            if (i + 1 < pattern.size() && pattern[i + 1] == '*')
                return error{errc::invalid_argument,
                             fmt::format("Consecutive wildcard characters at pos {}", i + 1)};
            out.parts_.push_back(prepare(std::move(text)));
            text.clear();
            continue;
        }
        if (pattern[i] == '\\') {
            const bool escapes = i + 1 < pattern.size() && (pattern[i + 1] == '*' || pattern[i + 1] == '\\');
            if (!escapes)
                return error{errc::invalid_argument,
                             fmt::format("Invalid escape character at pos {}", i + 1)};
            ++i;
        }
        text += pattern[i];
    }
    out.parts_.push_back(prepare(std::move(text)));
    return out;
}

// Where the match ends; npos: there is none.
std::size_t wildcard::find(const part& wanted, std::string_view text, std::size_t from) {
    if (wanted.text.empty()) return from;
    std::size_t k = 0;
    for (std::size_t i = from; i < text.size(); ++i) {
        while (k > 0 && text[i] != wanted.text[k]) k = wanted.border[k - 1];
        if (text[i] == wanted.text[k]) ++k;
        if (k == wanted.text.size()) return i + 1;
    }
    return std::string_view::npos;
}

bool wildcard::matches(std::string_view text) const {
    const std::string& first = parts_.front().text;
    if (parts_.size() == 1) return text == first;
    const std::string& last = parts_.back().text;
    if (text.size() < first.size() + last.size() || !text.starts_with(first) || !text.ends_with(last))
        return false;
    const std::string_view middle = text.substr(0, text.size() - last.size());
    std::size_t at = first.size();
    for (std::size_t i = 1; i + 1 < parts_.size(); ++i) {
        at = find(parts_[i], middle, at);
        if (at == std::string_view::npos) return false;
    }
    return true;
}

}  // namespace trainyard::aws::local::events
