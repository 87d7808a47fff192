// The head of a request, parsed strictly. Pure. Whatever another HTTP implementation on the way might read
// differently is refused: two readings of one byte stream are how requests are smuggled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/http/message.hpp"

namespace trainyard::http {

// Looks for the end of a head in the bytes received so far. `scanned` is where the last call stopped; start
// with 0.
enum class head_state : unsigned char { incomplete, complete, malformed };
struct head_scan {
    std::size_t scanned = 0;
    std::size_t line_start = 0;
    std::size_t end = 0;  // past the empty line, once complete

    // A bare CR or LF and a NUL are malformed wherever they stand.
    head_state advance(std::string_view received);
};

struct head_limits {
    std::size_t fields_max = 64;
    std::size_t target_bytes_max = 8U << 10U;
};

struct request_head {
    http::request request;  // without body
    bool keep_alive = true;
    bool chunked = false;
    bool expects_continue = false;
    std::uint64_t content_length = 0;
};

struct head_refusal {
    int status = 400;  // 400, 414, 417 or 431
    std::string reason;
};

// `head` ends with the empty line, as head_scan found it.
boost::system::result<request_head, head_refusal> parse_request_head(std::string_view head,
                                                                     const head_limits& limits);

[[noreturn]] void throw_exception_from_error(const head_refusal& e, const boost::source_location& where);

// The parts that heads of requests and of answers share.
// Takes the line up to CRLF off the front.
std::string_view take_line(std::string_view& rest);
// Reads the lines after the first, up to the empty one, into `out`. Says what is wrong with them, if anything
// is.
std::optional<head_refusal> parse_field_lines(std::string_view rest, std::size_t fields_max, fields& out);
// Decimal digits only, within 64 bits.
std::optional<std::uint64_t> parse_content_length(std::string_view text);
// Whether the connection outlives this message, as its Connection fields and its version have it (RFC
// 9112 9.3).
bool says_keep_alive(const fields& f, bool http_1_1);

// What a field may consist of (RFC 9110 5.1, 5.5); used in both directions.
bool is_token(std::string_view text);
bool is_field_value(std::string_view text);
// True when `token` is an element of the comma-separated list.
bool list_contains(std::string_view list, std::string_view token);

}  // namespace trainyard::http
