#include "engine/http/framing.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <utility>

#include "engine/base/swar.hpp"

namespace trainyard::http {
namespace {

constexpr std::size_t fields_usual = 16;

// What a byte may be part of.
constexpr unsigned char token_byte = 1, value_byte = 2;
constexpr std::array<unsigned char, 256> byte_classes = [] {
    std::array<unsigned char, 256> out{};
    for (std::size_t c = 0x20; c < 256; ++c)
        if (c != 0x7f) out[c] = value_byte;
    out['\t'] = value_byte;
    constexpr std::string_view tokens =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
    for (const char c : tokens) out[static_cast<unsigned char>(c)] |= token_byte;
    return out;
}();

bool all_of_class(std::string_view text, unsigned char wanted) {
    unsigned char all = wanted;
    for (const char c : text) all &= byte_classes[static_cast<unsigned char>(c)];
    return all == wanted;
}

using parsed_head = boost::system::result<request_head, head_refusal>;

std::string_view trimmed(std::string_view text) {
    const auto is_blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

bool is_target(std::string_view text) {
    if (text == "*") return true;
    return text.starts_with('/') &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool is_host(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) {
        return c <= ' ' || c > '~' || std::string_view(",/@?#\\\"<>").find(c) != std::string_view::npos;
    });
}

struct request_line {
    std::string_view method, target;
    bool http_1_1 = true;
};

boost::system::result<request_line, head_refusal> parse_line(std::string_view line,
                                                             const head_limits& limits) {
    const auto first = line.find(' '), last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return head_refusal{400, "malformed request line"};
    const request_line out{line.substr(0, first), line.substr(first + 1, last - first - 1),
                           line.substr(last + 1) == "HTTP/1.1"};
    if (!is_token(out.method)) return head_refusal{400, "malformed method"};
    if (out.target.size() > limits.target_bytes_max)
        return head_refusal{414, "the request target is too long"};
    if (!is_target(out.target)) return head_refusal{400, "the request target must be a path"};
    if (!out.http_1_1 && line.substr(last + 1) != "HTTP/1.0")
        return head_refusal{400, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
    return out;
}

// The rules that say where the body ends and whom the request is for.
boost::system::result<void, head_refusal> check_framing(request_head& head, bool http_1_1) {
    const fields& f = head.request.fields;
    const auto hosts = f.count("Host"), lengths = f.count("Content-Length"),
               encodings = f.count("Transfer-Encoding");
    if (hosts > 1 || (http_1_1 && hosts == 0)) return head_refusal{400, "exactly one Host is needed"};
    if (!is_host(f.get("Host"))) return head_refusal{400, "malformed Host"};
    if (encodings > 0) {
        if (!http_1_1) return head_refusal{400, "HTTP/1.0 has no Transfer-Encoding"};
        if (lengths > 0) return head_refusal{400, "Transfer-Encoding together with Content-Length"};
        if (encodings > 1 || !same_name(f.get("Transfer-Encoding"), "chunked"))
            return head_refusal{400, "the only Transfer-Encoding accepted is chunked, once"};
        head.chunked = true;
    }
    if (lengths > 1) return head_refusal{400, "more than one Content-Length"};
    if (lengths == 1) {
        const auto length = parse_content_length(f.get("Content-Length"));
        if (!length) return head_refusal{400, "malformed Content-Length"};
        head.content_length = *length;
    }
    return {};
}

}  // namespace

void throw_exception_from_error(const head_refusal& e, const boost::source_location& /*where*/) {
    throw std::runtime_error(e.reason);
}

head_state head_scan::advance(std::string_view received) {
    while (scanned < received.size()) {
        const std::string_view rest = received.substr(scanned);
        const auto feed = rest.find('\n');
        const std::size_t stop = feed == std::string_view::npos ? received.size() : scanned + feed;
        // Of this line only the last byte before the feed may be a CR, and without a feed yet only the last
        // of all.
        const std::string_view fresh = received.substr(scanned, stop - scanned);
        const bool ends_in_cr = stop > 0 && received[stop - 1] == '\r';
        const auto cr = fresh.find('\r');
        if (fresh.find('\0') != std::string_view::npos) return head_state::malformed;
        if (cr != std::string_view::npos && (cr + 1 != fresh.size() || !ends_in_cr))
            return head_state::malformed;
        // A CR that ended what was received before must be followed by the feed.
        if (scanned > line_start && received[scanned - 1] == '\r' && stop != scanned)
            return head_state::malformed;
        scanned = stop;
        if (feed == std::string_view::npos) return head_state::incomplete;
        if (stop == line_start || !ends_in_cr) return head_state::malformed;
        const bool empty_line = stop - line_start == 1;
        line_start = scanned = stop + 1;
        if (!empty_line) continue;
        end = scanned;
        return head_state::complete;
    }
    return head_state::incomplete;
}

bool is_token(std::string_view text) {
    return !text.empty() && all_of_class(text, token_byte);
}

bool is_field_value(std::string_view text) {
    for (; text.size() >= swar::word_bytes; text.remove_prefix(swar::word_bytes)) {
        const std::uint64_t word = swar::load(text.data());
        const bool rare = (swar::below(word, 0x20) | swar::equal(word, 0x7f)) != 0;
        if (rare && !all_of_class(text.substr(0, swar::word_bytes), value_byte)) return false;
    }
    return all_of_class(text, value_byte);
}

bool list_contains(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        if (same_name(trimmed(list.substr(0, comma)), token)) return true;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    return line;
}

std::optional<head_refusal> parse_field_lines(std::string_view rest, std::size_t fields_max, fields& out) {
    out.reserve(fields_usual, rest.size());
    for (std::string_view text = take_line(rest); !text.empty(); text = take_line(rest)) {
        if (text[0] == ' ' || text[0] == '\t') return head_refusal{400, "a folded header field"};
        const auto colon = text.find(':');
        if (colon == std::string_view::npos || !is_token(text.substr(0, colon)))
            return head_refusal{400, "malformed header field name"};
        const std::string_view value = trimmed(text.substr(colon + 1));
        if (!is_field_value(value)) return head_refusal{400, "control character in a header field"};
        if (out.size() == fields_max) return head_refusal{431, "too many header fields"};
        out.add(text.substr(0, colon), value);
    }
    return std::nullopt;
}

std::optional<std::uint64_t> parse_content_length(std::string_view text) {
    std::uint64_t out = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
    // from_chars takes no sign for an unsigned type, no white space and no 0x.
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
        return std::nullopt;
    return out;
}

bool says_keep_alive(const fields& f, bool http_1_1) {
    bool keep = http_1_1;
    for (const field each : f) {
        if (!same_name(each.name, "Connection")) continue;
        if (list_contains(each.value, "close")) return false;
        if (list_contains(each.value, "keep-alive")) keep = true;
    }
    return keep;
}

parsed_head parse_request_head(std::string_view head, const head_limits& limits) {
    request_head out;
    const auto line = parse_line(take_line(head), limits);
    if (!line) return line.error();
    out.request.method = std::string(line->method);
    out.request.target = std::string(line->target);
    if (auto bad = parse_field_lines(head, limits.fields_max, out.request.fields)) return *std::move(bad);
    if (const auto framed = check_framing(out, line->http_1_1); !framed) return framed.error();

    out.keep_alive = says_keep_alive(out.request.fields, line->http_1_1);
    if (const std::string_view expected = out.request.fields.get("Expect");
        !expected.empty() && line->http_1_1) {
        if (!same_name(expected, "100-continue"))
            return head_refusal{417, "only 100-continue can be expected"};
        out.expects_continue = true;
    }
    return out;
}

}  // namespace trainyard::http
