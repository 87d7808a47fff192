#include "engine/http/serve.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>

#include "engine/base/check.hpp"
#include "engine/http/framing.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;

constexpr duration linger_max = std::chrono::seconds{2};
constexpr std::size_t linger_bytes_max = 4U << 20U;

mono_time from_now(duration d) {
    return io::real_clock().mono() + d;
}

const std::string& date_now() {
    // One rendering a second; a server's connections all run on one thread, several servers may run on
    // several.
    thread_local std::string text;
    thread_local std::int64_t rendered = -1;
    const wall_time now = io::real_clock().wall();
    const std::int64_t second = to_unix_millis(now) / 1000;
    if (second != rendered) {
        rendered = second;
        text = to_http_date(now);
    }
    return text;
}

void render_head(std::string& out, const response& r, bool keep_alive) {
    const auto phrase = beast_http::obsolete_reason(static_cast<beast_http::status>(r.status));
    out.assign("HTTP/1.1 ").append(std::to_string(r.status)).append(" ");
    out.append(phrase.data(), phrase.size()).append("\r\n");
    for (const field f : r.fields) {
        if (same_name(f.name, "Content-Length") || same_name(f.name, "Connection") ||
            same_name(f.name, "Transfer-Encoding"))
            continue;
        TY_CHECK(is_token(f.name) && is_field_value(f.value),
                 "a handler's header field would break the framing");
        out.append(f.name).append(": ").append(f.value).append("\r\n");
    }
    if (!r.fields.has("Date")) out.append("Date: ").append(date_now()).append("\r\n");
    if (r.status != 204 && r.status != 304)
        out.append("Content-Length: ").append(std::to_string(r.body.size() + r.withheld)).append("\r\n");
    out.append(keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n");
}

response plain(int status, std::string_view reason) {
    return response{status, {{"Content-Type", "text/plain"}}, std::string(reason) + "\n"};
}

// False when the connection broke.
task<bool> write_answer(serve_shared& shared, connection& c, const response& r, bool keep_alive,
                        bool with_body) {
    render_head(c.head, r, keep_alive);
    c.dog.arm(from_now(shared.options.body_time_max));
    error_code failure;
    const bool body_goes = with_body && r.status != 204 && r.status != 304;
    const std::string_view body = body_goes ? std::string_view(r.body) : std::string_view();
    const std::size_t written = write_at_once(c, body, failure);
    if (!failure && written < c.head.size() + body.size()) co_await write_rest(c, body, written, failure);
    const bool fine = !failure && !c.dog.fired();
    c.dog.disarm();
    co_return fine;
}

task<void> refuse_message(serve_shared& shared, connection& c, int status, std::string_view reason) {
    ++shared.stats.refused_messages;
    const response r = plain(status, reason);
    const bool sent = co_await write_answer(shared, c, r, false, true);
    if (!sent) co_return;
    c.dog.arm(from_now(linger_max));
    co_await linger(c, linger_bytes_max);
}

// Where reading a message ended.
struct step {
    bool fine = false;
    int refuse = 0;  // answer with this status and close; 0: just close
    std::string reason;
};

// What the bytes received so far make of the head. True when nothing more is to be read for it.
bool look_at_head(const serve_shared& shared, const connection& c, head_scan& scan, step& out) {
    const head_state state = scan.advance(c.received());
    const std::size_t size = state == head_state::complete ? scan.end : c.input.size();
    if (state == head_state::malformed)
        out = {false, 400, "malformed line ending or NUL in the header"};
    else if (size > shared.options.header_bytes_max)
        out = {false, 431, "the header is too large"};
    else
        out.fine = state == head_state::complete;
    return out.fine || out.refuse != 0;
}

// Reads until the head is complete; then `scan.end` says where.
task<step> read_head(serve_shared& shared, connection& c, head_scan& scan) {
    step out;
    bool began = c.input.size() > 0;
    c.dog.arm(from_now(began ? shared.options.header_time_max : shared.options.idle_max));
    while (!began || !look_at_head(shared, c, scan, out)) {
        c.between_messages = !began;
        error_code failure;
        co_await read_some(c, failure);
        c.between_messages = false;
        if (failure) break;
        if (!began) c.dog.arm(from_now(shared.options.header_time_max));
        began = true;
    }
    co_return out;
}

// Beast decodes chunks; it needs the head, which is still in the input, to know that they come.
task<step> read_chunked_body(serve_shared& shared, connection& c, std::string& into) {
    beast_http::request_parser<beast_http::string_body> parser;
    parser.header_limit(static_cast<std::uint32_t>(2 * shared.options.header_bytes_max));
    parser.body_limit(shared.options.body_bytes_max);
    error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    if (c.tls)
        co_await beast_http::async_read(*c.tls, c.input, parser, token);
    else
        co_await beast_http::async_read(c.socket, c.input, parser, token);
    step out;
    out.fine = !failure;
    if (!failure)
        into = std::move(parser.get().body());
    else if (failure == beast_http::error::body_limit)
        out = {false, 413, "the body is too large"};
    else if (failure.category() == make_error_code(beast_http::error::bad_chunk).category() &&
             failure != beast_http::error::partial_message && failure != beast_http::error::end_of_stream)
        out = {false, 400, "malformed chunked body"};
    co_return out;
}

duration body_time(const server_options& o, const request_head& head) {
    if (head.chunked) return o.body_time_max;
    const std::chrono::duration<double> needed(static_cast<double>(head.content_length) /
                                               static_cast<double>(o.body_bytes_per_second_min));
    return std::min(o.body_time_max, o.body_grace + std::chrono::duration_cast<duration>(needed));
}

task<step> read_body(serve_shared& shared, connection& c, request_head& head, std::size_t head_bytes) {
    step out;
    if (head.content_length > shared.options.body_bytes_max) {
        out = {false, 413, "the body is too large"};
        co_return out;
    }
    c.dog.arm(from_now(body_time(shared.options, head)));
    if (head.expects_continue && c.input.size() == head_bytes && (head.chunked || head.content_length > 0)) {
        c.head = "HTTP/1.1 100 Continue\r\n\r\n";
        error_code failure;
        co_await write_rest(c, {}, 0, failure);
        if (failure) co_return out;
    }
    if (head.chunked) {
        out = co_await read_chunked_body(shared, c, head.request.body);
    } else {
        c.input.consume(head_bytes);
        c.expect_large();
        error_code failure;
        co_await read_sized(c, head.content_length, head.request.body, failure);
        out.fine = !failure;
    }
    if (c.dog.fired()) out.fine = false;
    co_return out;
}

// The whole of a small body usually comes with its head. True when it did and was taken.
bool take_body(const serve_shared& shared, connection& c, request_head& head, std::size_t head_bytes) {
    if (head.chunked || head.content_length > shared.options.body_bytes_max) return false;
    if (c.input.size() < head_bytes + head.content_length) return false;
    c.input.consume(head_bytes);
    return take_sized(c, head.content_length, head.request.body);
}

// One request and its answer. False when the connection is done.
task<bool> serve_one(serve_shared& shared, connection& c) {
    head_scan scan;
    if (c.input.size() == 0) c.rest();
    step at = co_await read_head(shared, c, scan);
    request_head head;
    if (at.fine) {
        auto parsed = parse_request_head(c.received().substr(0, scan.end),
                                         {shared.options.header_fields_max, shared.options.target_bytes_max});
        if (parsed)
            head = std::move(*parsed);
        else
            at = {false, parsed.error().status, parsed.error().reason};
    }
    if (at.fine && !take_body(shared, c, head, scan.end)) at = co_await read_body(shared, c, head, scan.end);
    if (!at.fine) {
        if (at.refuse != 0) co_await refuse_message(shared, c, at.refuse, at.reason);
        co_return false;
    }
    c.dog.disarm();
    ++shared.stats.requests;
    const bool with_body = head.request.method != "HEAD";
    task<response> answering = shared.answer(std::move(head.request));
    const response r = co_await std::move(answering);
    if (r.status == 0) co_return false;
    const bool keep = head.keep_alive && !shared.closing && r.withheld == 0 &&
                      !list_contains(r.fields.get("Connection"), "close");
    const bool sent = co_await write_answer(shared, c, r, keep, with_body);
    if (sent && !keep) {
        c.dog.arm(from_now(linger_max));
        co_await linger(c, linger_bytes_max);
    }
    co_return sent&& keep;
}

}  // namespace

task<void> serve_connection(serve_shared& shared, connection& c, asio::ssl::context* tls) {
    if (tls) {
        c.tls = std::make_unique<tls_stream>(c.socket, *tls);
        c.dog.arm(from_now(shared.options.header_time_max));
        error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        co_await c.tls->async_handshake(asio::ssl::stream_base::server, token);
        if (failure) co_return;
    }
    for (bool more = true; more && !shared.closing;) more = co_await serve_one(shared, c);
    c.close();
}

task<void> refuse_connection(serve_shared& shared, connection& c) {
    c.dog.arm(from_now(linger_max));
    // A TLS peer would read plain text as a broken handshake; it sees the close.
    if (shared.options.tls_certificate_file.empty()) {
        const response r = plain(503, "too many connections; try again later");
        const bool sent = co_await write_answer(shared, c, r, false, true);
        c.dog.arm(from_now(linger_max));
        if (sent) co_await linger(c, linger_bytes_max);
    }
    c.close();
}

}  // namespace trainyard::http
