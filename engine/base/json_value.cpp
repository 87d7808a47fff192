#include <algorithm>
#include <charconv>

#include "engine/base/check.hpp"
#include "engine/base/json_tape.hpp"

namespace trainyard::json {

std::string_view to_string(kind k) {
    switch (k) {
        case kind::null: return "null";
        case kind::boolean: return "boolean";
        case kind::number: return "number";
        case kind::string: return "string";
        case kind::array: return "array";
        case kind::object: return "object";
    }
    return "unknown";
}

kind value::kind() const {
    return tape_ == nullptr ? json::kind::null : tape_->nodes[index_].kind;
}

std::optional<std::string_view> value::string() const {
    if (kind() != json::kind::string) return std::nullopt;
    return tape_->text(tape_->nodes[index_]);
}

std::optional<bool> value::boolean() const {
    if (kind() != json::kind::boolean) return std::nullopt;
    return tape_->nodes[index_].truth;
}

std::string_view value::number_text() const {
    return kind() == json::kind::number ? tape_->text(tape_->nodes[index_]) : std::string_view{};
}

// Exact, digit by digit: through a double, 0.99999999999999999999 would become 1.
std::optional<std::int64_t> value::integer() const {
    const std::string_view text = number_text();
    if (text.empty()) return std::nullopt;
    std::int64_t whole = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), whole);
    if (ec == std::errc{} && end == text.data() + text.size()) return whole;

    const std::size_t exponent_at = std::min(text.find_first_of("eE"), text.size());
    const std::string_view mantissa = text.substr(0, exponent_at);
    const std::size_t point = mantissa.find('.');
    std::string digits{mantissa};  // with the sign
    if (point != std::string_view::npos) digits.erase(point, 1);
    if (digits.find_first_not_of("-0") == std::string::npos) return 0;
    std::int64_t shift = 0;  // power of ten to multiply `digits` with
    if (exponent_at < text.size()) {
        const std::size_t start = exponent_at + (text[exponent_at + 1] == '+' ? 2 : 1);
        if (std::from_chars(text.data() + start, text.data() + text.size(), shift).ec != std::errc{})
            return std::nullopt;
    }
    if (point != std::string_view::npos) shift -= static_cast<std::int64_t>(mantissa.size() - point - 1);
    // No exponent beyond the length of the text can leave 1 to 19 digits.
    constexpr std::int64_t int64_digits = 19;
    if (shift > int64_digits || shift < -static_cast<std::int64_t>(digits.size())) return std::nullopt;
    for (; shift < 0; ++shift) {
        if (digits.back() != '0') return std::nullopt;
        digits.pop_back();
    }
    digits.append(static_cast<std::size_t>(shift), '0');
    const auto exact = std::from_chars(digits.data(), digits.data() + digits.size(), whole);
    if (exact.ec != std::errc{} || exact.ptr != digits.data() + digits.size()) return std::nullopt;
    return whole;
}

std::optional<double> value::number() const {
    const std::string_view text = number_text();
    if (text.empty()) return std::nullopt;
    double real = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), real);
    if (ec != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return real;
}

std::size_t value::size() const {
    const auto k = kind();
    return k == json::kind::array || k == json::kind::object ? tape_->nodes[index_].length : 0;
}

value value::find(std::string_view key) const {
    if (kind() != json::kind::object) return {};
    const node* const all = tape_->nodes.data();
    const std::uint32_t end = all[index_].next;
    for (std::uint32_t i = index_ + 1; i < end; i = all[i + 1].next)
        if (all[i].length == key.size() && tape_->text(all[i]) == key) return {tape_, i + 1};
    return {};
}

value value::at(std::size_t index) const {
    for (const value v : elements())
        if (index-- == 0) return v;
    return {};
}

value::range value::elements() const {
    if (kind() != json::kind::array) return {{nullptr, 0, false}, {nullptr, 0, false}};
    return {{tape_, index_ + 1, false}, {tape_, tape_->nodes[index_].next, false}};
}

value::range value::members() const {
    if (kind() != json::kind::object) return {{nullptr, 0, true}, {nullptr, 0, true}};
    return {{tape_, index_ + 1, true}, {tape_, tape_->nodes[index_].next, true}};
}

std::string_view value::iterator::key() const {
    return keyed_ ? tape_->text(tape_->nodes[index_]) : std::string_view{};
}
value value::iterator::operator*() const {
    return {tape_, index_ + (keyed_ ? 1U : 0U)};
}
value::iterator& value::iterator::operator++() {
    index_ = tape_->nodes[index_ + (keyed_ ? 1U : 0U)].next;
    return *this;
}

bool same_content(value a, value b) {
    if (a.kind() != b.kind() || a.size() != b.size()) return false;
    switch (a.kind()) {
        case kind::null: return a.exists() == b.exists();
        case kind::boolean: return a.boolean() == b.boolean();
        case kind::number: return a.number_text() == b.number_text();
        case kind::string: return a.string() == b.string();
        case kind::array: {
            auto j = b.elements().begin();
            for (const value v : a.elements()) {
                if (!same_content(v, *j)) return false;
                ++j;
            }
            return true;
        }
        case kind::object:
            for (auto i = a.members().begin(); i != a.members().end(); ++i) {
                const value other = b.find(i.key());
                if (!other.exists() || !same_content(*i, other)) return false;
            }
            return true;
    }
    return false;
}

std::string pointer_token(std::string_view name) {
    std::string out;
    for (const char c : name) {
        if (c == '~') {
            out += "~0";
        } else if (c == '/') {
            out += "~1";
        } else {
            out.push_back(c);
        }
    }
    return out;
}

}  // namespace trainyard::json
