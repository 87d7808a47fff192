#include "engine/http/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http.hpp>
#include <optional>

#include "engine/base/encoding.hpp"
#include "engine/http/framing.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using parser = beast_http::response_parser<beast_http::string_body>;

constexpr int interim_answers_max = 8;  // 100 Continue, 103 Early Hints; more is a peer that never answers

task<void> read_answer(connection& c, parser& into, error_code& failure) {
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    if (c.tls)
        co_await beast_http::async_read(*c.tls, c.input, into, token);
    else
        co_await beast_http::async_read(c.socket, c.input, into, token);
}

response to_response(parser& from) {
    auto message = from.release();
    response out;
    out.status = static_cast<int>(message.result_int());
    for (const auto& f : message) {
        const auto name = f.name_string();
        const auto value = f.value();
        out.fields.add(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
    out.body = std::move(message.body());
    return out;
}

bool is_http_error(const error_code& failure) {
    return failure.category() == make_error_code(beast_http::error::bad_version).category();
}

error classify(connection& c, const origin& to, const error_code& failure, bool cancelled,
               std::size_t written) {
    const std::string who = to.to_string();
    if (cancelled) return {errc::cancelled, who + ": cancelled; whether the request took effect is unknown"};
    if (c.dog.fired()) return {errc::timeout, who + ": no complete answer before the deadline"};
    if (failure == beast_http::error::header_limit || failure == beast_http::error::body_limit ||
        failure == beast_http::error::buffer_overflow)
        return {errc::limit,
                fmt::format("{}: the answer is larger than accepted ({})", who, failure.message())};
    const bool cut =
        failure == beast_http::error::end_of_stream || failure == beast_http::error::partial_message;
    if (is_http_error(failure) && !cut)
        return {errc::corrupt, fmt::format("{}: malformed answer ({})", who, failure.message())};
    if (written == 0)
        return {errc::unreachable,
                fmt::format("{}: broke before the request was sent: {}", who, failure.message())};
    return {errc::io, fmt::format("{}: broke after the request was sent, its effect is unknown: {}", who,
                                  failure.message())};
}

// The framing of an answer must leave no doubt before the next one is read from the same connection.
bool clean_end(const connection& c, const response& r) {
    return c.input.size() == 0 && r.fields.count("Content-Length") <= 1 &&
           !(r.fields.has("Content-Length") && r.fields.has("Transfer-Encoding"));
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
    for (const field& f : what.fields) {
        if (!is_token(f.name)) return refuse("header field name");
        if (!is_field_value(f.value)) return refuse("value of header field " + f.name);
    }
    return {};
}

std::string request_head_text(const origin& to, const request& what) {
    std::string out = what.method + " " + what.target + " HTTP/1.1\r\n";
    if (!what.fields.has("Host")) out += "Host: " + to.authority() + "\r\n";
    for (const field& f : what.fields) out.append(f.name).append(": ").append(f.value).append("\r\n");
    const bool has_body = !what.body.empty() || (what.method != "GET" && what.method != "HEAD");
    if (has_body && !what.fields.has("Content-Length"))
        out += "Content-Length: " + std::to_string(what.body.size()) + "\r\n";
    out += "\r\n";
    return out;
}

task<answer> run_exchange(connection& c, const origin& to, const request& what, const client_options& limits,
                          mono_time deadline) {
    answer out;
    c.head = request_head_text(to, what);
    c.dog.arm(deadline);
    error_code failure;
    const std::size_t written = co_await write_message(c, what.body, failure);

    // A server may answer and close before it has read everything (413, 503): its answer counts even then.
    const bool write_broke = failure && !c.dog.fired();
    std::optional<parser> from;
    for (int interim = 0; c.socket.is_open() && interim <= interim_answers_max; ++interim) {
        error_code read_failure;
        from.emplace();
        from->header_limit(static_cast<std::uint32_t>(limits.header_bytes_max));
        from->body_limit(limits.body_bytes_max);
        from->skip(what.method == "HEAD");
        co_await read_answer(c, *from, read_failure);
        if (!write_broke || !read_failure) failure = read_failure;
        out.nothing_came = interim == 0 && !from->got_some() && c.input.size() == 0;
        const bool again = !failure && from->get().result_int() < 200;
        if (!again) break;
        failure = beast_http::error::bad_status;
    }
    const bool late = c.dog.fired();
    c.dog.disarm();
    if (!failure && from && !late) {
        const bool keep = from->keep_alive() && !write_broke;
        response got = to_response(*from);
        out.reusable = keep && clean_end(c, got) && c.socket.is_open();
        out.value = std::move(got);
        co_return out;
    }
    if (!failure) failure = asio::error::timed_out;
    const auto state = co_await asio::this_coro::cancellation_state;
    const bool cancelled = state.cancelled() != asio::cancellation_type::none;
    out.nothing_came = out.nothing_came && !late && !cancelled &&
                       !(is_http_error(failure) && failure != beast_http::error::end_of_stream);
    out.value = classify(c, to, failure, cancelled, written);
    co_return out;
}

}  // namespace trainyard::http
