#include "engine/http/answer_head.hpp"

namespace trainyard::http {
namespace {

using parsed_head = boost::system::result<answer_head, head_refusal>;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

struct status_line {
    int status = 0;
    bool http_1_1 = true;
};

// HTTP/1.1 SP three digits SP reason; the reason, and the space before it, may be missing.
std::optional<status_line> parse_status_line(std::string_view line) {
    constexpr std::size_t version_size = 8, code_end = 12;
    const std::string_view version = line.substr(0, version_size);
    if (version != "HTTP/1.1" && version != "HTTP/1.0") return std::nullopt;
    if (line.size() < code_end || line[version_size] != ' ') return std::nullopt;
    const char a = line[9], b = line[10], c = line[11];
    if (a < '1' || a > '5' || !is_digit(b) || !is_digit(c)) return std::nullopt;
    if (line.size() > code_end && line[code_end] != ' ') return std::nullopt;
    if (!is_field_value(line.substr(code_end))) return std::nullopt;
    return status_line{(a - '0') * 100 + (b - '0') * 10 + (c - '0'), version == "HTTP/1.1"};
}

// RFC 9112 6.3, with every doubt refused.
std::optional<head_refusal> find_end(answer_head& head, bool http_1_1, bool to_head) {
    const fields& f = head.response.fields;
    const auto lengths = f.count("Content-Length"), encodings = f.count("Transfer-Encoding");
    if (lengths > 0 && encodings > 0)
        return head_refusal{400, "Transfer-Encoding together with Content-Length"};
    if (lengths > 1) return head_refusal{400, "more than one Content-Length"};
    if (lengths == 1) {
        const auto length = parse_content_length(f.get("Content-Length"));
        if (!length) return head_refusal{400, "malformed Content-Length"};
        head.content_length = *length;
    }
    if (encodings > 0 && (!http_1_1 || encodings > 1 || !same_name(f.get("Transfer-Encoding"), "chunked")))
        return head_refusal{400, "a Transfer-Encoding other than chunked, once"};
    const int status = head.response.status;
    if (to_head || status < 200 || status == 204 || status == 304) {
        head.end = body_end::none;
    } else if (encodings == 1) {
        head.end = body_end::chunks;
    } else if (lengths == 1) {
        head.end = head.content_length > 0 ? body_end::length : body_end::none;
    } else {
        head.end = body_end::close;
        head.keep_alive = false;
    }
    return std::nullopt;
}

}  // namespace

parsed_head parse_answer_head(std::string_view head, bool to_head, const answer_limits& limits) {
    const auto line = parse_status_line(take_line(head));
    if (!line) return head_refusal{400, "malformed status line"};
    answer_head out;
    out.response.status = line->status;
    out.interim = line->status < 200;
    // This client never asks for another protocol.
    if (line->status == 101) return head_refusal{400, "switching protocols was not asked for"};
    if (auto bad = parse_field_lines(head, limits.fields_max, out.response.fields)) return *std::move(bad);
    out.keep_alive = says_keep_alive(out.response.fields, line->http_1_1);
    if (auto bad = find_end(out, line->http_1_1, to_head)) return *std::move(bad);
    return out;
}

}  // namespace trainyard::http
