// The head of a request (engine/http/framing.hpp).
#include "engine/http/framing.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

http::head_state scan_by(std::string_view bytes, std::size_t piece, std::size_t& end) {
    http::head_scan scan;
    http::head_state state = http::head_state::incomplete;
    for (std::size_t at = piece; state == http::head_state::incomplete; at += piece) {
        state = scan.advance(bytes.substr(0, at));
        if (at >= bytes.size()) break;
    }
    end = scan.end;
    return state;
}

std::string render(const http::request& r, std::string_view version) {
    std::string out = r.method + " " + r.target + " " + std::string(version) + "\r\n";
    for (const auto& f : r.fields)
        out.append(std::string(f.name)).append(": ").append(std::string(f.value)).append("\r\n");
    return out + "\r\n";
}

void require_same(const http::request_head& a, const http::request_head& b) {
    require(a.request.method == b.request.method && a.request.target == b.request.target,
            "the same method and target");
    require(a.keep_alive == b.keep_alive && a.chunked == b.chunked &&
                a.expects_continue == b.expects_continue && a.content_length == b.content_length,
            "the same framing");
    require(a.request.fields.size() == b.request.fields.size(), "as many fields");
    auto other = b.request.fields.begin();
    for (const auto& f : a.request.fields) {
        const auto& g = *other;
        require(f.name == g.name && f.value == g.value, "the same fields");
        ++other;
    }
}

void check_accepted(const http::request_head& head, const http::head_limits& limits) {
    const auto& r = head.request;
    require(http::is_token(r.method), "the method is a token");
    require(r.target.size() <= limits.target_bytes_max && !r.target.empty(),
            "the target is within its limit");
    for (const char c : r.target) require(c > ' ' && c < '\x7f', "the target is printable");
    require(r.fields.size() <= limits.fields_max, "no more fields than allowed");
    for (const auto& f : r.fields) {
        require(http::is_token(f.name), "a field name is a token");
        require(http::is_field_value(f.value), "a field value cannot break the framing");
        require(f.value.empty() || (f.value.front() != ' ' && f.value.front() != '\t' &&
                                    f.value.back() != ' ' && f.value.back() != '\t'),
                "a field value has no white space around it");
    }
    require(r.fields.count("Host") <= 1 && r.fields.count("Content-Length") <= 1 &&
                r.fields.count("Transfer-Encoding") <= 1,
            "what says where the message ends and whom it is for stands once");
    require(!(head.chunked && r.fields.has("Content-Length")), "one way to say where the body ends");
    require(head.chunked == r.fields.has("Transfer-Encoding"), "the only transfer coding is chunked");
}

}  // namespace

void run_request_head(std::string_view input) {
    std::size_t whole_end = 0, piecewise_end = 0;
    const auto state = scan_by(input, input.size() + 1, whole_end);
    require(scan_by(input, 1, piecewise_end) == state && piecewise_end == whole_end,
            "bytes that come one by one are the same head");
    if (state != http::head_state::complete) return;
    require(whole_end <= input.size() && input.substr(0, whole_end).ends_with("\r\n"),
            "a head ends with an empty line");
    const std::string_view head = input.substr(0, whole_end);
    const http::head_limits limits;
    const auto first = http::parse_request_head(head, limits);
    if (!first) {
        const int status = first.error().status;
        require(status == 400 || status == 414 || status == 417 || status == 431, "a refusal has its status");
        require(is_one_line(first.error().reason) && !first.error().reason.empty(), "and its reason");
        return;
    }
    check_accepted(*first, limits);
    const std::string_view line = head.substr(0, head.find("\r\n"));
    const auto second =
        http::parse_request_head(render(first->request, line.substr(line.size() - 8)), limits);
    require(second.has_value(), "what was rendered is accepted");
    require_same(*first, *second);
}

}  // namespace trainyard::fuzz
