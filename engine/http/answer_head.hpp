// The head of an answer, parsed strictly. Pure. An answer whose end is a matter of opinion could hand the
// rest of its bytes to the next request on the connection, so it is refused like a doubtful request.
#pragma once

#include "engine/http/framing.hpp"

namespace trainyard::http {

// Where the body ends (RFC 9112 6.3).
enum class body_end : unsigned char { none, length, chunks, close };

struct answer_head {
    http::response response;  // without body
    bool keep_alive = true;
    body_end end = body_end::none;
    std::uint64_t content_length = 0;  // for body_end::length
    bool interim = false;              // 1xx: another head follows
};

struct answer_limits {
    std::size_t fields_max = 128;
};

// `head` ends with the empty line, as head_scan found it. `to_head`: the request's method was HEAD. The error
// says what is malformed.
boost::system::result<answer_head, head_refusal> parse_answer_head(std::string_view head, bool to_head,
                                                                   const answer_limits& limits);

}  // namespace trainyard::http
