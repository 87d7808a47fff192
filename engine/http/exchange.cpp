#include "engine/http/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>

#include "engine/base/encoding.hpp"
#include "engine/http/answer_head.hpp"
#include "engine/http/framing.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

constexpr int interim_answers_max = 8;  // 100 Continue, 103 Early Hints; more is a peer that never answers

// What came of an answer.
struct reading {
    answer_head head;
    error_code failure;           // the connection's
    std::string malformed;        // why the answer cannot be used; empty: it can
    const char* large = nullptr;  // which part of the answer is larger than accepted
    bool got_some = false;

    bool whole() const { return !failure && malformed.empty() && large == nullptr; }
};

// Beast decodes what has no length in its head: chunks, and bodies that end with the connection. It needs the
// head, which is still in the input, to know that they come.
task<void> read_unsized(connection& c, const client_options& limits, reading& into) {
    beast_http::response_parser<beast_http::string_body> parser;
    // This head is known to be small enough; its limit must leave room for the fields that end a chunked
    // body.
    parser.header_limit(static_cast<std::uint32_t>(2 * limits.header_bytes_max));
    parser.body_limit(limits.body_bytes_max);
    error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    if (c.tls)
        co_await beast_http::async_read(*c.tls, c.input, parser, token);
    else
        co_await beast_http::async_read(c.socket, c.input, parser, token);
    const bool cut =
        failure == beast_http::error::end_of_stream || failure == beast_http::error::partial_message;
    if (!failure)
        into.head.response.body = std::move(parser.get().body());
    else if (failure == beast_http::error::body_limit || failure == beast_http::error::buffer_overflow)
        into.large = "body";
    else if (!cut && failure.category() == make_error_code(beast_http::error::bad_chunk).category())
        into.malformed = failure.message();
    else
        into.failure = failure;
}

task<void> read_body(connection& c, std::size_t head_bytes, const client_options& limits, reading& into) {
    answer_head& head = into.head;
    if (head.end == body_end::chunks || head.end == body_end::close) {
        co_await read_unsized(c, limits, into);
        co_return;
    }
    c.input.consume(head_bytes);
    co_await read_sized(c, head.content_length, head.response.body, into.failure);
}

// Looks at the head that may have come. True when it is complete, or cannot become so.
bool look_at_head(connection& c, head_scan& scan, bool to_head, const client_options& limits, reading& into) {
    const head_state state = scan.advance(c.received());
    const std::size_t size = state == head_state::complete ? scan.end : c.input.size();
    into.got_some = into.got_some || size > 0;
    if (size > limits.header_bytes_max) {
        into.large = "header";
        return true;
    }
    if (state == head_state::incomplete) return false;
    if (state == head_state::malformed) {
        into.malformed = "malformed line ending or NUL in its header";
        return true;
    }
    auto parsed = parse_answer_head(c.received().substr(0, scan.end), to_head, answer_limits{});
    if (parsed)
        into.head = std::move(*parsed);
    else
        into.malformed = parsed.error().reason;
    if (into.head.end == body_end::length && into.head.content_length > limits.body_bytes_max)
        into.large = "body";
    return true;
}

// True when the body of a complete head needs no more reading.
bool take_body(connection& c, std::size_t head_bytes, reading& into) {
    answer_head& head = into.head;
    if (head.end == body_end::chunks || head.end == body_end::close) return false;
    if (head.end == body_end::length && c.input.size() < head_bytes + head.content_length) return false;
    c.input.consume(head_bytes);
    return head.end == body_end::none || take_sized(c, head.content_length, head.response.body);
}

// The usual answer arrives in one piece and takes one read; everything else goes the slower ways above.
task<void> read_answer(connection& c, bool to_head, const client_options& limits, reading& into) {
    for (int interim = 0; interim <= interim_answers_max; ++interim) {
        head_scan scan;
        while (!look_at_head(c, scan, to_head, limits, into)) {
            co_await read_some(c, into.failure);
            if (into.failure) co_return;
        }
        if (!into.whole()) co_return;
        if (into.head.interim) {
            c.input.consume(scan.end);
            into.head = answer_head{};
            continue;
        }
        if (!take_body(c, scan.end, into)) co_await read_body(c, scan.end, limits, into);
        co_return;
    }
    into.malformed = "more interim answers than accepted";
}

error explain(connection& c, const origin& to, const reading& got, bool cancelled, std::size_t written) {
    const std::string who = to.to_string();
    if (cancelled) return {errc::cancelled, who + ": cancelled; whether the request took effect is unknown"};
    if (c.dog.fired()) return {errc::timeout, who + ": no complete answer before the deadline"};
    if (got.large != nullptr)
        return {errc::limit, fmt::format("{}: the answer is larger than accepted (its {})", who, got.large)};
    if (!got.malformed.empty())
        return {errc::corrupt, fmt::format("{}: malformed answer ({})", who, got.malformed)};
    const error_code failure = got.failure ? got.failure : error_code(asio::error::timed_out);
    if (written == 0)
        return {errc::unreachable,
                fmt::format("{}: broke before the request was sent: {}", who, failure.message())};
    return {errc::io, fmt::format("{}: broke after the request was sent, its effect is unknown: {}", who,
                                  failure.message())};
}

bool has_body(const request& what) {
    return !what.body.empty() || (what.method != "GET" && what.method != "HEAD");
}

}  // namespace

result<void> check_request(const request& what) {
    const auto refuse = [](std::string_view part) {
        return error{errc::invalid_argument, fmt::format("request: malformed {}; nothing was sent", part)};
    };
    if (!is_token(what.method)) return refuse("method");
    const auto printable_byte = [](char c) { return c > ' ' && c <= '~'; };
    if (!what.target.starts_with('/') || !std::all_of(what.target.begin(), what.target.end(), printable_byte))
        return refuse("target");
    for (const field f : what.fields) {
        if (!is_token(f.name)) return refuse("header field name");
        if (!is_field_value(f.value)) return refuse(fmt::format("value of header field {}", f.name));
    }
    return {};
}

void render_request_head(std::string& out, const origin& to, const request& what) {
    out.assign(what.method).append(" ").append(what.target).append(" HTTP/1.1\r\n");
    if (!what.fields.has("Host")) out.append("Host: ").append(to.authority()).append("\r\n");
    for (const field f : what.fields) out.append(f.name).append(": ").append(f.value).append("\r\n");
    if (has_body(what) && !what.fields.has("Content-Length"))
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", what.body.size());
    out.append("\r\n");
}

task<answer> run_exchange(connection& c, const origin& to, const request& what, const client_options& limits,
                          mono_time deadline) {
    answer out;
    render_request_head(c.head, to, what);
    c.dog.arm(deadline);
    error_code write_failure;
    std::size_t written = write_at_once(c, what.body, write_failure);
    if (!write_failure && written < c.head.size() + what.body.size())
        written = co_await write_rest(c, what.body, written, write_failure);

    // A server may answer and close before it has read everything (413, 503): its answer counts even then.
    reading got;
    if (c.socket.is_open()) {
        const bool to_head = what.method == "HEAD";
        co_await read_answer(c, to_head, limits, got);
    }
    const bool late = c.dog.fired();
    c.dog.disarm();
    if (write_failure && !got.whole()) got.failure = write_failure;
    if (got.whole() && !late && got.got_some) {
        out.reusable = got.head.keep_alive && !write_failure && c.input.size() == 0 && c.socket.is_open();
        out.value = std::move(got.head.response);
        co_return out;
    }
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool cancelled = state.cancelled() != asio::cancellation_type::none;
    out.nothing_came = !got.got_some && !late && !cancelled;
    out.value = explain(c, to, got, cancelled, written);
    co_return out;
}

}  // namespace trainyard::http
