// JSON (RFC 8259) read once and in place, told to a handler as it goes: no copy, no memory, and nothing of a
// text is looked at twice. Private to the readers of this folder.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/base/json_escape.hpp"
#include "engine/base/plain_run.hpp"
#include "engine/base/utf8.hpp"

namespace trainyard::aws::sqs {

// `Handler` has on_key(name), on_text(value), on_number(), on_truth(bool), on_null(), on_start(bool array)
// and on_end(), each of which gives false to end the reading. Views that it is given point into `text`. It
// must refuse the start of what is deeper than `depth_max`.
template <class Handler>
class answer_scan {
public:
    static constexpr std::size_t depth_max = 64;

    answer_scan(std::string& text, Handler& handler)
        : begin_(text.data()), at_(text.data()), end_(begin_ + text.size()), handler_(handler) {}

    // False: the text is not JSON, as why() says, or the handler has refused.
    bool run() {
        if (!value()) return false;
        while (depth_ > 0)
            if (!behind_value()) return false;
        return peek() == '\0' && at_ == end_ ? true : fail("something behind its end");
    }
    const char* why() const { return why_; }  // null: the handler has refused
    std::size_t where() const { return static_cast<std::size_t>(at_ - begin_); }

private:
    bool fail(const char* why) {
        why_ = why;
        return false;
    }
    // NUL, which is no part of JSON, at the end.
    char peek() {
        while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
        return at_ != end_ ? *at_ : '\0';
    }
    bool in_object() const { return (kinds_ & 1U) != 0; }
    bool close() {
        ++at_;
        --depth_;
        kinds_ >>= 1U;
        // What is deeper than the bits reach was refused, so the outer ones are still there.
        return handler_.on_end();
    }

    // A value, as far as its first inner value that is no container begins; the rest is behind_value()'s.
    bool value() {
        for (;;) {
            const char c = peek();
            if (c == '"') {
                std::string_view text;
                return string(text) && handler_.on_text(text);
            }
            if (c != '{' && c != '[') return scalar(c);
            const bool object = c == '{';
            if (!handler_.on_start(!object)) return false;
            ++at_;
            ++depth_;
            kinds_ = kinds_ << 1U | (object ? 1U : 0U);
            if (peek() == (object ? '}' : ']')) return close();
            if (object && !key()) return false;
        }
    }
    bool behind_value() {
        const char c = peek();
        if (c == ',') {
            ++at_;
            return (!in_object() || key()) && value();
        }
        if (c == (in_object() ? '}' : ']')) return close();
        return fail("neither a comma nor the end of what was begun");
    }
    bool key() {
        std::string_view name;
        if (peek() != '"') return fail("no name of a member");
        if (!string(name) || !handler_.on_key(name)) return false;
        if (peek() != ':') return fail("no colon behind a name");
        ++at_;
        return true;
    }
    bool scalar(char c) {
        if (c == 't') return literal("true") && handler_.on_truth(true);
        if (c == 'f') return literal("false") && handler_.on_truth(false);
        if (c == 'n') return literal("null") && handler_.on_null();
        if (c == '-' || is_digit(c)) return number() && handler_.on_number();
        return fail("no value");
    }
    bool literal(std::string_view word) {
        if (!std::string_view(at_, left()).starts_with(word)) return fail("an unknown word");
        at_ += word.size();
        return true;
    }

    std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    bool digits() {
        const char* const first = at_;
        while (at_ != end_ && is_digit(*at_)) ++at_;
        return at_ != first;
    }
    bool number() {
        if (*at_ == '-') ++at_;
        const char* const whole = at_;
        if (!digits() || (*whole == '0' && at_ - whole > 1)) return fail("a malformed number");
        if (at_ != end_ && *at_ == '.') {
            ++at_;
            if (!digits()) return fail("a malformed number");
        }
        if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
            ++at_;
            if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
            if (!digits()) return fail("a malformed number");
        }
        return true;
    }

    // On to the next quote or backslash; what is passed may stand in a string.
    bool plain() {
        for (;;) {
            while (left() >= json::run_bytes) {
                const std::uint32_t rare = json::rare_bytes(at_);
                at_ += rare != 0 ? static_cast<std::size_t>(std::countr_zero(rare)) : json::run_bytes;
                if (rare != 0) break;
            }
            if (at_ == end_) return fail("a string without an end");
            const auto c = static_cast<unsigned char>(*at_);
            if (c == '"' || c == '\\') return true;
            if (c < 0x20) return fail("a control character in a string");
            const std::size_t n = c < 0x80 ? 1 : utf8_sequence({at_, left()});
            if (n == 0) return fail("malformed UTF-8");
            at_ += n;
        }
    }
    // What is decoded is never longer than its text.
    bool string(std::string_view& out) {
        const char* const first = ++at_;
        if (!plain()) return false;
        char* to = at_;
        while (*at_ == '\\') {
            if (!escape(to)) return false;
            char* const from = at_;
            if (!plain()) return false;
            std::memmove(to, from, static_cast<std::size_t>(at_ - from));
            to += at_ - from;
        }
        ++at_;
        out = {first, static_cast<std::size_t>(to - first)};
        return true;
    }
    bool escape(char*& to) {
        if (left() < 2) return fail("a string without an end");
        char c = at_[1];
        switch (c) {
            case '"':
            case '\\':
            case '/': break;
            case 'b': c = '\b'; break;
            case 'f': c = '\f'; break;
            case 'n': c = '\n'; break;
            case 'r': c = '\r'; break;
            case 't': c = '\t'; break;
            case 'u': return unicode_escape(to);
            default: return fail("an unknown escape");
        }
        *to++ = c;
        at_ += 2;
        return true;
    }
    bool unicode_escape(char*& to) {
        const char* at = at_;
        if (!json::decode_unicode_escape(at, end_, to)) return fail("a malformed escape");
        at_ += at - at_;
        return true;
    }

    const char* const begin_;
    char* at_;
    const char* const end_;
    Handler& handler_;
    const char* why_ = nullptr;
    std::uint64_t kinds_ = 0;  // of the open containers, the innermost in the lowest bit; 1: an object
    std::size_t depth_ = 0;
};

}  // namespace trainyard::aws::sqs
