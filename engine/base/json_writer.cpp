#include <array>
#include <charconv>
#include <cmath>

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

// RFC 8259, 7: what may not stand in a string as it is.
bool must_be_escaped(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\';
}

std::size_t plain_prefix(std::string_view s) {
    std::size_t i = 0;
    for (; i + swar::word_bytes <= s.size(); i += swar::word_bytes) {
        const std::uint64_t w = swar::load(s.data() + i);
        const std::uint64_t found = swar::below(w, 0x20) | swar::equal(w, '"') | swar::equal(w, '\\');
        if (found != 0) return i + swar::first_byte(found);
    }
    while (i < s.size() && !must_be_escaped(s[i])) ++i;
    return i;
}

void append_escape(std::string& out, char c) {
    switch (c) {
        case '"': out.append("\\\""); return;
        case '\\': out.append("\\\\"); return;
        case '\b': out.append("\\b"); return;
        case '\f': out.append("\\f"); return;
        case '\n': out.append("\\n"); return;
        case '\r': out.append("\\r"); return;
        case '\t': out.append("\\t"); return;
        default: break;
    }
    constexpr std::string_view digits = "0123456789ABCDEF";
    out.append("\\u00").push_back(digits[static_cast<unsigned char>(c) >> 4U]);
    out.push_back(digits[static_cast<unsigned char>(c) & 15U]);
}

}  // namespace

writer::writer() : impl_(std::make_unique<impl>()) {}
writer::~writer() = default;
writer::writer(writer&&) noexcept = default;
writer& writer::operator=(writer&&) noexcept = default;

void writer::impl::quote(std::string_view s) {
    text.push_back('"');
    while (!s.empty()) {
        const std::size_t plain = plain_prefix(s);
        text.append(s.substr(0, plain));
        s.remove_prefix(plain);
        if (s.empty()) break;
        append_escape(text, s.front());
        s.remove_prefix(1);
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
