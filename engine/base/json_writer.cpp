#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <utility>

#include "engine/base/check.hpp"
#include "engine/base/json.hpp"
#include "engine/base/plain_run.hpp"
#include "engine/base/swar.hpp"
#include "engine/base/utf8.hpp"

namespace trainyard::json {
struct writer::impl {
    // What each open object or array takes next; a `first` of an empty one has no comma before it.
    enum class next : char { first_element, element, first_key, key, member };
    std::vector<next> open{};
    std::string text;      // its size is the room
    std::size_t size = 0;  // of what is written

    [[gnu::always_inline]] char* room(std::size_t n) {
        if (text.size() - size < n) grow(n);
        return text.data() + size;
    }
    void grow(std::size_t n) {
        constexpr std::size_t usual = 2048, large = 8192;
        text.resize(std::max({usual, text.size() * (text.size() < large ? 4 : 2), size + n}));
    }
    [[gnu::always_inline]] void put(char c) {
        *room(1) = c;
        ++size;
    }
    void put(std::string_view s) {
        if (s.empty()) return;
        std::memcpy(room(s.size()), s.data(), s.size());
        size += s.size();
    }

    // The check that a value may stand here; true when a comma must stand before it.
    bool begin_value() {
        if (open.empty()) {
            TY_CHECK(size == 0, "json::writer calls are out of order");
            return false;
        }
        next& here = open.back();
        TY_CHECK(here != next::first_key && here != next::key, "json::writer calls are out of order");
        const bool comma = here == next::element;
        here = here == next::member ? next::key : next::element;
        return comma;
    }
    bool begin_key() {
        TY_CHECK(!open.empty(), "json::writer calls are out of order");
        next& here = open.back();
        TY_CHECK(here == next::first_key || here == next::key, "json::writer calls are out of order");
        const bool comma = here == next::key;
        here = next::member;
        return comma;
    }
    void begin(char bracket, next first) {
        if (begin_value()) put(',');
        put(bracket);
        open.push_back(first);
    }
    void end(char bracket, next empty, next filled) {
        TY_CHECK(!open.empty() && (open.back() == empty || open.back() == filled),
                 "json::writer calls are out of order");
        put(bracket);
        open.pop_back();
    }
    void quote(std::string_view s, bool comma, bool is_key);
};

namespace {

constexpr char escape_in_hex = 'u';

// RFC 8259, 7: 0 for what stands in a string as it is, else the letter behind the backslash.
constexpr std::array<char, 256> escapes = [] {
    std::array<char, 256> out{};
    for (std::size_t c = 0; c < 0x20; ++c) out[c] = escape_in_hex;
    out['"'] = '"', out['\\'] = '\\';
    out['\b'] = 'b', out['\f'] = 'f', out['\n'] = 'n', out['\r'] = 'r', out['\t'] = 't';
    return out;
}();

constexpr std::size_t longest_escape = 6;

// At most `longest_escape` bytes to `to`; gives the end.
char* put_escape(char* to, unsigned char c) {
    *to++ = '\\';
    *to++ = escapes[c];
    if (escapes[c] != escape_in_hex) return to;
    constexpr std::string_view digits = "0123456789ABCDEF";
    for (const char d : {'0', '0', digits[c >> 4U], digits[c & 15U]}) *to++ = d;
    return to;
}

// Writes the first character of `s` and takes it off. Only what came from outside without a UTF-8 check can
// be malformed; each bad byte becomes one U+FFFD.
char* put_character(char* to, std::string_view& s) {
    constexpr std::string_view replacement = "\xEF\xBF\xBD";
    const auto c = static_cast<unsigned char>(s[0]);
    const std::size_t n = c < 0x80 ? 1 : utf8_sequence(s);
    if (c < 0x80 && escapes[c] != 0)
        to = put_escape(to, c);
    else if (n == 0)
        to = std::copy(replacement.begin(), replacement.end(), to);
    else
        for (std::size_t i = 0; i < n; ++i) *to++ = s[i];
    s.remove_prefix(std::max<std::size_t>(n, 1));
    return to;
}

bool is_rare(std::uint64_t word) {
    return (swar::below(word, ' ') | swar::equal(word, '"') | swar::equal(word, '\\') |
            swar::above_ascii(word)) != 0;
}

// Copies fewer than `run_bytes` bytes, as far as they are plain, and gives how many; those of four and more
// all or none.
std::size_t put_short(char* to, const char* from, std::size_t size) {
    if (size >= swar::word_bytes) {
        // The first and the last, which may overlap.
        const std::uint64_t first = swar::load(from), last = swar::load(from + size - swar::word_bytes);
        if (is_rare(first) || is_rare(last)) return 0;
        std::memcpy(to, &first, swar::word_bytes);
        std::memcpy(to + size - swar::word_bytes, &last, swar::word_bytes);
        return size;
    }
    if (size >= 4) {
        std::array<std::uint32_t, 2> ends;
        std::memcpy(&ends[0], from, 4);
        std::memcpy(&ends[1], from + size - 4, 4);
        if (is_rare(std::uint64_t{ends[1]} << 32U | ends[0])) return 0;
        std::memcpy(to, &ends[0], 4);
        std::memcpy(to + size - 4, &ends[1], 4);
        return size;
    }
    // Signed: what is not ASCII is below the space as well.
    std::size_t n = 0;
    for (; n < size && static_cast<signed char>(from[n]) >= ' ' && from[n] != '"' && from[n] != '\\'; ++n)
        to[n] = from[n];
    return n;
}

// Writes `s` up to `stop`, or to the end of the character there, and takes it off; gives the end.
char* put_piece(char* to, std::string_view& s, const char* stop) {
    const char* const end = s.data() + s.size();
    const char* from = s.data();
    const auto one_letter = [](const char* at, char* out) -> escape_step {
        const char letter = escapes[static_cast<unsigned char>(*at)];
        if (letter == 0 || letter == escape_in_hex) return {0, 0};
        out[0] = '\\', out[1] = letter;
        return {1, 2};
    };
    while (from < stop) {
        copy_blocks(to, from, stop, one_letter);
        const auto left = static_cast<std::size_t>(stop - from);
        const std::size_t n = left >= run_bytes ? copy_run(to, from) : put_short(to, from, left);
        to += n;
        from += n;
        if (from == stop || n == run_bytes) continue;
        const char letter = escapes[static_cast<unsigned char>(*from)];
        if (letter != 0 && letter != escape_in_hex) {
            to[0] = '\\', to[1] = letter;
            to += 2;
            ++from;
            continue;
        }
        std::string_view rest(from, static_cast<std::size_t>(end - from));
        to = put_character(to, rest);
        from = rest.data();
    }
    s.remove_prefix(static_cast<std::size_t>(from - s.data()));
    return to;
}

}  // namespace

writer::writer() : impl_(std::make_unique<impl>()) {}
writer::~writer() = default;
writer::writer(writer&&) noexcept = default;
writer& writer::operator=(writer&&) noexcept = default;

// By pieces into room that holds them however much has to be escaped.
void writer::impl::quote(std::string_view s, bool comma, bool is_key) {
    constexpr std::size_t piece_max = 512, around = 4;  // a comma, two quotes, a colon
    const auto room_of = [](std::size_t piece) { return piece * longest_escape + run_bytes + around; };
    char* begin = room(room_of(std::min(s.size(), piece_max)));
    char* to = begin;
    if (comma) *to++ = ',';
    *to++ = '"';
    while (s.size() > piece_max) {
        to = put_piece(to, s, s.data() + piece_max);
        size += static_cast<std::size_t>(to - begin);
        begin = to = room(room_of(piece_max));
    }
    to = put_piece(to, s, s.data() + s.size());
    *to++ = '"';
    if (is_key) *to++ = ':';
    size += static_cast<std::size_t>(to - begin);
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
    impl_->quote(k, impl_->begin_key(), true);
    return *this;
}

writer& writer::string(std::string_view s) {
    impl_->quote(s, impl_->begin_value(), false);
    return *this;
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
    if (impl_->begin_value()) impl_->put(',');
    impl_->put(text);
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
    TY_CHECK(impl_->open.empty() && impl_->size > 0, "the JSON text is not complete");
    impl_->text.resize(impl_->size);
    return impl_->text;
}

std::string writer::take() {
    text();
    const std::size_t size = std::exchange(impl_->size, 0);
    // Who keeps a short text does not keep the room that it was written in.
    if (impl_->text.capacity() > 2 * size) return std::exchange(impl_->text, {}).substr(0, size);
    return std::move(impl_->text);
}

std::string to_text(value v) {
    writer w;
    w.copy(v);
    return w.take();
}

}  // namespace trainyard::json
