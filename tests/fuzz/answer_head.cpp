// The head of an answer (engine/http/answer_head.hpp). The first byte says whether the request was HEAD.
#include "engine/http/answer_head.hpp"

#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

std::string render(const http::answer_head& a, std::string_view version) {
    std::string out = std::string(version) + " " + std::to_string(a.response.status) + " reason\r\n";
    for (const auto& f : a.response.fields)
        out.append(std::string(f.name)).append(": ").append(std::string(f.value)).append("\r\n");
    return out + "\r\n";
}

void check_accepted(const http::answer_head& a, bool to_head, const http::answer_limits& limits) {
    const auto& f = a.response.fields;
    require(a.response.status >= 100 && a.response.status <= 599 && a.response.status != 101,
            "a status of HTTP");
    require(a.interim == (a.response.status < 200), "1xx is interim");
    require(f.size() <= limits.fields_max, "no more fields than allowed");
    for (const auto& each : f)
        require(http::is_token(each.name) && http::is_field_value(each.value),
                "a field cannot break the framing");
    require(f.count("Content-Length") <= 1 && f.count("Transfer-Encoding") <= 1 &&
                !(f.has("Content-Length") && f.has("Transfer-Encoding")),
            "one way to say where the body ends");
    if (to_head || a.interim || a.response.status == 204 || a.response.status == 304)
        require(a.end == http::body_end::none, "no body where HTTP has none");
    require(a.end != http::body_end::close || !a.keep_alive, "a body that ends the connection ends it");
    require(a.end != http::body_end::length || a.content_length > 0, "a length is one");
}

}  // namespace

void run_answer_head(std::string_view input) {
    if (input.empty()) return;
    const bool to_head = (static_cast<unsigned char>(input.front()) & 1U) != 0;
    input.remove_prefix(1);
    http::head_scan scan;
    if (scan.advance(input) != http::head_state::complete) return;
    const std::string_view head = input.substr(0, scan.end);
    const http::answer_limits limits;
    const auto first = http::parse_answer_head(head, to_head, limits);
    if (!first) {
        require(!first.error().reason.empty() && is_one_line(first.error().reason),
                "a refusal has its reason");
        return;
    }
    check_accepted(*first, to_head, limits);
    const auto second = http::parse_answer_head(render(*first, head.substr(0, 8)), to_head, limits);
    require(second.has_value(), "what was rendered is accepted");
    require(second->response.status == first->response.status && second->end == first->end &&
                second->keep_alive == first->keep_alive && second->content_length == first->content_length &&
                second->response.fields.size() == first->response.fields.size(),
            "and is the same head");
}

}  // namespace trainyard::fuzz
