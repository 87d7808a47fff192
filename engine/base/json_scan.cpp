#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include "engine/base/json_escape.hpp"
#include "engine/base/json_tape.hpp"
#include "engine/base/plain_run.hpp"
#include "engine/base/utf8.hpp"

namespace trainyard::json {
namespace {

// RFC 8259, 7: what the letter behind a backslash stands for; 0: another rule, or none.
constexpr std::array<char, 256> unescaped = [] {
    std::array<char, 256> out{};
    out['"'] = '"', out['\\'] = '\\', out['/'] = '/';
    out['b'] = '\b', out['f'] = '\f', out['n'] = '\n', out['r'] = '\r', out['t'] = '\t';
    return out;
}();

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

class scanner {
public:
    scanner(std::string_view text, const limits& l, value::tape& into)
        : at_(text.data()), end_(text.data() + text.size()), limits_(l), tape_(into) {
        constexpr std::size_t usual_nodes = 64, bytes_a_node = 16;
        tape_.arena = std::make_unique_for_overwrite<char[]>(text.size());
        to_ = tape_.arena.get();
        tape_.nodes.reserve(std::min(usual_nodes, text.size() / bytes_a_node + 1));
    }

    bool run() {
        next step = next::value;
        while (step != next::end && step != next::failed)
            step = step == next::value ? value_here() : step == next::key ? key_here() : behind_value();
        return step == next::end;
    }

private:
    // What may stand at `at_`.
    enum class next : unsigned char { value, key, more, end, failed };

    // NUL, which is no part of JSON, at the end.
    char peek() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
        return at_ != end_ ? *at_ : '\0';
    }

    value::node& add(kind k, bool is_key = false) {
        if (!is_key && !open_.empty()) ++tape_.nodes[open_.back()].length;
        return tape_.nodes.emplace_back(
            value::node{k, false, static_cast<std::uint32_t>(tape_.nodes.size() + 1), 0, 0});
    }

    next value_here() {
        const char c = peek();
        if (c == '"') return string(false) ? next::more : next::failed;
        if (c == '{') return open(kind::object, '}', next::key);
        if (c == '[') return open(kind::array, ']', next::value);
        if (c == '-' || is_digit(c)) return number() ? next::more : next::failed;
        if (c == 't') return literal("true", kind::boolean, true);
        if (c == 'f') return literal("false", kind::boolean, false);
        if (c == 'n') return literal("null", kind::null, false);
        return next::failed;
    }

    next key_here() {
        if (peek() != '"' || ++members_ > limits_.members || !string(true) || peek() != ':')
            return next::failed;
        ++at_;
        return next::value;
    }

    next behind_value() {
        const char c = peek();
        if (open_.empty()) return at_ == end_ ? next::end : next::failed;
        const bool in_object = tape_.nodes[open_.back()].kind == kind::object;
        if (c == ',') {
            ++at_;
            return in_object ? next::key : next::value;
        }
        return c == (in_object ? '}' : ']') ? close() : next::failed;
    }

    next open(kind k, char bracket, next first) {
        if (open_.size() >= limits_.depth) return next::failed;
        add(k);
        open_.push_back(static_cast<std::uint32_t>(tape_.nodes.size() - 1));
        ++at_;
        return peek() == bracket ? close() : first;
    }

    next close() {
        ++at_;
        const std::uint32_t place = open_.back();
        tape_.nodes[place].next = static_cast<std::uint32_t>(tape_.nodes.size());
        open_.pop_back();
        const bool twice = tape_.nodes[place].kind == kind::object && repeated_key(tape_, place);
        return twice ? next::failed : next::more;
    }

    next literal(std::string_view word, kind k, bool truth) {
        if (!std::string_view(at_, static_cast<std::size_t>(end_ - at_)).starts_with(word))
            return next::failed;
        at_ += word.size();
        add(k).truth = truth;
        return next::more;
    }

    void add_text(kind k, const char* begin, bool is_key) {
        value::node& n = add(k, is_key);
        n.offset = static_cast<std::uint32_t>(begin - tape_.arena.get());
        n.length = static_cast<std::uint32_t>(to_ - begin);
    }

    void digits() {
        while (at_ != end_ && is_digit(*at_)) *to_++ = *at_++;
    }

    bool number() {
        constexpr std::ptrdiff_t short_number = 32;
        const char* const begin = to_;
        if (*at_ == '-') *to_++ = *at_++;
        const char* const whole = to_;
        digits();
        if (to_ == whole || (*whole == '0' && to_ - whole > 1)) return false;
        if (at_ != end_ && *at_ == '.') {
            *to_++ = *at_++;
            const char* const fraction = to_;
            digits();
            if (to_ == fraction) return false;
        }
        const bool has_exponent = at_ != end_ && (*at_ == 'e' || *at_ == 'E');
        if (has_exponent || to_ - begin > short_number) return false;
        if (static_cast<std::size_t>(to_ - begin) > limits_.string) return false;
        add_text(kind::number, begin, false);
        return true;
    }

    // Decoded behind what the arena holds; never longer than its text.
    bool string(bool is_key) {
        ++at_;
        const char* const begin = to_;
        for (;;) {
            copy_usual();
            if (at_ == end_) return false;
            if (*at_ == '"') break;
            if (!rare_character()) return false;
        }
        ++at_;
        if (static_cast<std::size_t>(to_ - begin) > limits_.string) return false;
        add_text(kind::string, begin, is_key);
        return true;
    }

    // Plain text and escapes of one letter, as far as whole runs are there.
    void copy_usual() {
        const auto one_letter = [this](const char* at, char* out) -> escape_step {
            if (*at != '\\' || end_ - at < 2) return {0, 0};
            *out = unescaped[static_cast<unsigned char>(at[1])];
            return *out == '\0' ? escape_step{0, 0} : escape_step{2, 1};
        };
        copy_blocks(to_, at_, end_, one_letter);
        if (static_cast<std::size_t>(end_ - at_) < run_bytes) return;
        const std::size_t n = copy_run(to_, at_);
        to_ += n;
        at_ += n;
    }

    bool rare_character() {
        const auto c = static_cast<unsigned char>(*at_);
        if (c == '\\') return escape();
        if (c < 0x20) return false;
        const std::size_t n = c < 0x80 ? 1 : utf8_sequence({at_, static_cast<std::size_t>(end_ - at_)});
        for (std::size_t i = 0; i < n; ++i) *to_++ = *at_++;
        return n != 0;
    }

    bool escape() {
        if (end_ - at_ < 2) return false;
        const char c = at_[1];
        if (c == 'u') return decode_unicode_escape(at_, end_, to_);
        *to_++ = unescaped[static_cast<unsigned char>(c)];
        at_ += 2;
        return unescaped[static_cast<unsigned char>(c)] != 0;
    }

    const char* at_;
    const char* const end_;
    char* to_ = nullptr;
    const limits& limits_;
    value::tape& tape_;
    std::vector<std::uint32_t> open_;
    std::size_t members_ = 0;
};

}  // namespace

bool scan(std::string_view text, const limits& l, value::tape& into) {
    if (text.size() > l.bytes || text.size() > std::numeric_limits<std::uint32_t>::max() / 2) return false;
    return scanner(text, l, into).run();
}

std::optional<std::string_view> repeated_key(const value::tape& t, std::uint32_t place) {
    constexpr std::uint32_t few = 12;  // compared with each other faster than sorted
    const value::node* const all = t.nodes.data();
    const std::uint32_t end = all[place].next;
    if (all[place].length <= few) {
        for (std::uint32_t i = place + 1; i < end; i = all[i + 1].next)
            for (std::uint32_t j = place + 1; j < i; j = all[j + 1].next)
                if (all[i].length == all[j].length && t.text(all[i]) == t.text(all[j])) return t.text(all[i]);
        return std::nullopt;
    }
    std::vector<std::string_view> keys;
    keys.reserve(all[place].length);
    for (std::uint32_t i = place + 1; i < end; i = all[i + 1].next) keys.push_back(t.text(all[i]));
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    return twice == keys.end() ? std::nullopt : std::optional{*twice};
}

}  // namespace trainyard::json
