#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "engine/base/swar.hpp"

namespace trainyard::json {
struct writer::impl {
    std::string text;
    // What each open object or array takes next; a `first` of an empty one has no comma before it.
    enum class next : char { first_element, element, first_key, key, member };
    std::vector<next> open{};

    // Commas, and the check that a value may stand here.
    void begin_value() {
        if (open.empty()) {
            TY_CHECK(text.empty(), "json::writer calls are out of order");
            return;
        }
        next& here = open.back();
        if (here == next::element) text.push_back(',');
        TY_CHECK(here != next::first_key && here != next::key, "json::writer calls are out of order");
        here = here == next::member ? next::key : next::element;
    }
    void begin_key() {
        TY_CHECK(!open.empty(), "json::writer calls are out of order");
        next& here = open.back();
        TY_CHECK(here == next::first_key || here == next::key, "json::writer calls are out of order");
        if (here == next::key) text.push_back(',');
        here = next::member;
    }
    void begin(char bracket, next first) {
        begin_value();
        text.push_back(bracket);
        open.push_back(first);
    }
    void end(char bracket, next empty, next filled) {
        TY_CHECK(!open.empty() && (open.back() == empty || open.back() == filled),
                 "json::writer calls are out of order");
        text.push_back(bracket);
        open.pop_back();
    }
    void quote(std::string_view s);
};

namespace {

// Only what came from outside without a UTF-8 check can be malformed; each bad byte becomes one U+FFFD.
std::string repaired(std::string_view s) {
    std::string out;
    for (std::size_t i = 0; i < s.size();) {
        std::size_t n = 1;
        while (n < 4 && i + n <= s.size() && !is_utf8(s.substr(i, n))) ++n;
        if (i + n <= s.size() && is_utf8(s.substr(i, n))) {
            out += s.substr(i, n);
            i += n;
        } else {
            out += "\xEF\xBF\xBD";
            ++i;
        }
    }
    return out;
}

constexpr char escape_in_hex = 'u';

// RFC 8259, 7: 0 for what stands in a string as it is, else the letter behind the backslash.
constexpr std::array<char, 256> escapes = [] {
    std::array<char, 256> out{};
    for (std::size_t c = 0; c < 0x20; ++c) out[c] = escape_in_hex;
    out['"'] = '"', out['\\'] = '\\';
    out['\b'] = 'b', out['\f'] = 'f', out['\n'] = 'n', out['\r'] = 'r', out['\t'] = 't';
    return out;
}();

// At most six bytes to `to`; gives the end.
char* put_escape(char* to, unsigned char c) {
    *to++ = '\\';
    *to++ = escapes[c];
    if (escapes[c] != escape_in_hex) return to;
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char d : {'0', '0', digits[c >> 4U], digits[c & 15U]}) *to++ = d;
    return to;
}

bool is_plain(std::uint64_t w) {
    return (swar::below(w, 0x20) | swar::equal(w, '"') | swar::equal(w, '\\')) == 0;
}

}  // namespace

writer::writer() : impl_(std::make_unique<impl>()) {}
writer::~writer() = default;
writer::writer(writer&&) noexcept = default;
writer& writer::operator=(writer&&) noexcept = default;

// By pieces through a buffer that holds them however much has to be escaped.
void writer::impl::quote(std::string_view s) {
    constexpr std::size_t piece_max = 128, longest_escape = 6;
    std::array<char, piece_max * longest_escape> buffer;
    text.push_back('"');
    while (!s.empty()) {
        const std::string_view piece = s.substr(0, piece_max);
        s.remove_prefix(piece.size());
        char* to = buffer.data();
        for (std::size_t i = 0; i < piece.size();) {
            const std::size_t left = piece.size() - i;
            if (left >= swar::word_bytes && is_plain(swar::load(piece.data() + i))) {
                std::memcpy(to, piece.data() + i, swar::word_bytes);
                to += swar::word_bytes, i += swar::word_bytes;
                continue;
            }
            for (const std::size_t end = i + std::min(left, swar::word_bytes); i < end; ++i) {
                const auto c = static_cast<unsigned char>(piece[i]);
                if (escapes[c] == 0)
                    *to++ = piece[i];
                else
                    to = put_escape(to, c);
            }
        }
        text.append(buffer.data(), static_cast<std::size_t>(to - buffer.data()));
    }
    text.push_back('"');
}

writer& writer::begin_object() {
    return impl_->begin('{', impl::next::first_key), *this;
}
writer& writer::end_object() {
    return impl_->end('}', impl::next::first_key, impl::next::key), *this;
}
writer& writer::begin_array() {
    return impl_->begin('[', impl::next::first_element), *this;
}
writer& writer::end_array() {
    return impl_->end(']', impl::next::first_element, impl::next::element), *this;
}

writer& writer::key(std::string_view k) {
    if (!is_utf8(k)) return key(repaired(k));
    impl_->begin_key();
    impl_->quote(k);
    impl_->text.push_back(':');
    return *this;
}

writer& writer::string(std::string_view s) {
    if (!is_utf8(s)) return string(repaired(s));
    impl_->begin_value();
    return impl_->quote(s), *this;
}

writer& writer::integer(std::int64_t v) {
    std::array<char, 20> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), v).ptr;
    return number_text({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

writer& writer::number(double v) {
    TY_CHECK(std::isfinite(v), "JSON has no infinity and no NaN");
    // Whole numbers are written without ".0": AWS clients read timestamps such as 1735689600.
    if (std::trunc(v) == v && std::fabs(v) < 9007199254740992.0) return integer(static_cast<std::int64_t>(v));
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), v).ptr;
    return number_text({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

writer& writer::number_text(std::string_view text) {
    impl_->begin_value();
    impl_->text.append(text);
    return *this;
}

writer& writer::boolean(bool v) {
    return number_text(v ? "true" : "false");
}
writer& writer::null() {
    return number_text("null");
}

// Recursion is bounded by the depth limit the document was read with.
writer& writer::copy(value v) {
    switch (v.kind()) {
        case kind::null: return null();
        case kind::boolean: return boolean(*v.boolean());
        case kind::number: return number_text(v.number_text());
        case kind::string: return string(*v.string());
        case kind::array:
            begin_array();
            for (const value e : v.elements()) copy(e);
            return end_array();
        case kind::object:
            begin_object();
            for (auto i = v.members().begin(); i != v.members().end(); ++i) key(i.key()).copy(*i);
            return end_object();
    }
    return *this;
}

const std::string& writer::text() const {
    TY_CHECK(impl_->open.empty() && !impl_->text.empty(), "the JSON text is not complete");
    return impl_->text;
}

std::string writer::take() {
    return text(), std::move(impl_->text);
}

std::string to_text(value v) {
    writer w;
    w.copy(v);
    return w.take();
}

}  // namespace trainyard::json
