#include "engine/http/framing.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>
#include <utility>

namespace trainyard::http {
namespace {

using parsed_head = boost::system::result<request_head, head_refusal>;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes the line up to CRLF off the front.
std::string_view take_line(std::string_view& rest) {
    const auto end = rest.find("\r\n");
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), line.size() + 2));
    return line;
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
        const std::string_view text = f.get("Content-Length");
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), head.content_length);
        // from_chars takes no sign for an unsigned type, no white space and no 0x.
        if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size())
            return head_refusal{400, "malformed Content-Length"};
    }
    return {};
}

}  // namespace

void throw_exception_from_error(const head_refusal& e, const boost::source_location& /*where*/) {
    throw std::runtime_error(e.reason);
}

head_state head_scan::advance(std::string_view received) {
    for (; scanned < received.size(); ++scanned) {
        const char c = received[scanned];
        if (c == '\0') return head_state::malformed;
        const bool after_cr = scanned > 0 && received[scanned - 1] == '\r';
        if (after_cr != (c == '\n')) return head_state::malformed;
        if (c != '\n') continue;
        const bool empty_line = scanned - line_start == 1;
        line_start = scanned + 1;
        if (!empty_line) continue;
        end = ++scanned;
        return head_state::complete;
    }
    return head_state::incomplete;
}

bool is_token(std::string_view text) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [marks](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               marks.find(c) != std::string_view::npos;
    });
}

bool is_field_value(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return c == '\t' || (u >= 0x20 && u != 0x7f);
    });
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

parsed_head parse_request_head(std::string_view head, const head_limits& limits) {
    request_head out;
    const auto line = parse_line(take_line(head), limits);
    if (!line) return line.error();
    out.request.method = std::string(line->method);
    out.request.target = std::string(line->target);
    for (std::string_view text = take_line(head); !text.empty(); text = take_line(head)) {
        if (text[0] == ' ' || text[0] == '\t') return head_refusal{400, "a folded header field"};
        const auto colon = text.find(':');
        if (colon == std::string_view::npos || !is_token(text.substr(0, colon)))
            return head_refusal{400, "malformed header field name"};
        const std::string_view value = trimmed(text.substr(colon + 1));
        if (!is_field_value(value)) return head_refusal{400, "control character in a header field"};
        if (out.request.fields.size() == limits.fields_max)
            return head_refusal{431, "too many header fields"};
        out.request.fields.add(std::string(text.substr(0, colon)), std::string(value));
    }
    if (const auto framed = check_framing(out, line->http_1_1); !framed) return framed.error();

    out.keep_alive = line->http_1_1;
    for (const field& f : out.request.fields) {
        if (!same_name(f.name, "Connection")) continue;
        if (list_contains(f.value, "close")) {
            out.keep_alive = false;
            break;
        }
        if (list_contains(f.value, "keep-alive")) out.keep_alive = true;
    }
    if (const std::string_view expected = out.request.fields.get("Expect");
        !expected.empty() && line->http_1_1) {
        if (!same_name(expected, "100-continue"))
            return head_refusal{417, "only 100-continue can be expected"};
        out.expects_continue = true;
    }
    return out;
}

}  // namespace trainyard::http
