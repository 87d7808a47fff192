#include <algorithm>
#include <stdexcept>

#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

std::string repeated(std::string_view what, std::size_t times) {
    std::string out;
    for (std::size_t i = 0; i < times; ++i) out += what;
    return out;
}

std::vector<std::string> json_bombs() {
    std::string members = "{";
    for (int i = 0; i < 12'000; ++i) members += (i ? ",\"" : "\"") + std::to_string(i) + "\":0";
    return {repeated("[", 8'000),
            repeated("[", 64) + repeated("]", 64),
            repeated("[", 65) + repeated("]", 65),
            repeated("{\"a\":", 1'300) + "1" + repeated("}", 1'300),
            members + "}",
            "[" + repeated("0,", 4'000) + "0]",
            "\"" + repeated("\\u0000", 1'300) + "\"",
            repeated("9", 8'000),
            "1e" + repeated("9", 1'000),
            "0." + repeated("0", 8'000) + "1",
            repeated(" ", 8'000) + "1"};
}

}  // namespace

void require(bool holds, const char* property) {
    if (!holds) throw std::logic_error(property);
}

bool is_one_line(std::string_view text) {
    return std::none_of(text.begin(), text.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; });
}

std::string_view take_part(std::string_view& rest, char mark) {
    const auto end = rest.find(mark);
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    return part;
}

std::vector<std::string> generated_inputs(std::string_view target) {
    if (target == "json" || target == "message") return json_bombs();
    if (target == "request_head") {
        const std::string line = "GET / HTTP/1.1\r\nHost: a\r\n";
        return {line + repeated("X: y\r\n", 63) + "\r\n", line + repeated("X: y\r\n", 64) + "\r\n",
                "GET /" + repeated("a", 8191) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                "GET /" + repeated("a", 8192) + " HTTP/1.1\r\nHost: a\r\n\r\n",
                line + "X: " + repeated("y", 16'000) + "\r\n\r\n"};
    }
    if (target == "authorization") {
        std::string names;
        for (int i = 0; i < 101; ++i) names += (i ? ";h" : "h") + std::to_string(1000 + i);
        return {"AWS4-HMAC-SHA256 Credential=A/20260131/r/s/aws4_request, SignedHeaders=" + names +
                    ", Signature=" + repeated("a", 64),
                "AWS4-HMAC-SHA256 " + repeated("Credential=,", 600)};
    }
    if (target == "error_body" || target == "answers")
        return {std::string(1, '\4') + repeated("<a>", 5'000), repeated("<a b='", 2'000),
                repeated("<Error>", 1'000) + repeated("</Error>", 1'000), repeated("&amp;", 3'000)};
    return {};
}

}  // namespace trainyard::fuzz
