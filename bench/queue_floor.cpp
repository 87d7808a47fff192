#include "bench/queue_floor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "aws/sqs/codec.hpp"
#include "bench/bare_digest.hpp"
#include "bench/queue_messages.hpp"
#include "bench/report.hpp"
#include "bench/sqs_load.hpp"
#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"
#include "engine/io/runtime.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::bench {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::size_t buffer_bytes = 64U << 10U;
// As the signer's benchmark counts them: canonical request, string to sign and the outer block.
constexpr std::size_t signature_blocks = 9;
constexpr std::size_t block_bytes = 64;

std::string with_head(const std::string& body) {
    return fmt::format(
               "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nx-amzn-RequestId: "
               "11111111-2222-3333-4444-555555555555\r\nDate: Tue, 24 Nov 2026 21:15:00 "
               "GMT\r\nContent-Length: {}"
               "\r\n\r\n",
               body.size()) +
           body;
}

// What a client must compute of an exchange; nothing it may leave out.
void hash_request(const std::string& request) {
    const auto body_at = request.find("\r\n\r\n") + 4;
    bare_sha256(std::string_view(request).substr(body_at));
    static const std::string rest(signature_blocks * block_bytes - 9, 'r');
    bare_sha256(rest);
}

// The string that begins at `at`, without its escapes but for \u, which the sample has none of. Gives where
// it ends.
std::size_t unescape(std::string_view text, std::size_t at, std::string& out) {
    out.clear();
    for (;;) {
        const std::size_t stop = text.find_first_of("\"\\", at);
        TY_CHECK(stop != std::string_view::npos, "a string of the sample ends");
        out.append(text.substr(at, stop - at));
        if (text[stop] == '"') return stop + 1;
        out.push_back(text[stop + 1]);
        at = stop + 2;
    }
}

// The members that a consumer needs of each message, wherever they stand, and the digest of its body.
void look_at_messages(std::string_view answer, std::size_t messages, std::string& body) {
    constexpr std::string_view body_key = R"("Body":")", digest_key = R"("MD5OfBody":")",
                               handle_key = R"("ReceiptHandle":")", id_key = R"("MessageId":")";
    std::size_t from = 0;
    for (std::size_t i = 0; i < messages; ++i) {
        const std::size_t body_at = answer.find(body_key, from), digest_at = answer.find(digest_key, from),
                          handle_at = answer.find(handle_key, from), id_at = answer.find(id_key, from);
        const std::size_t last = std::max({body_at, digest_at, handle_at, id_at});
        TY_CHECK(last != std::string_view::npos, "the sample holds that many messages");
        const std::size_t body_end = unescape(answer, body_at + body_key.size(), body);
        const auto digest = bare_md5(body);
        const auto told = answer.substr(digest_at + digest_key.size(), 2 * digest.size());
        TY_CHECK(to_hex(digest) == told, "the sample's digest is that of its body");
        from = std::max(last + 1, body_end);
    }
}

task<bool> write_all(tcp::socket& to, const std::string& text) {
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    const auto all = asio::buffer(text);
    co_await asio::async_write(to, all, token);
    co_return !failure;
}

task<bool> read_all(tcp::socket& from, std::string& buffer, std::size_t size) {
    for (std::size_t got = 0; got < size;) {
        const auto space = asio::buffer(buffer.data() + got, buffer.size() - got);
        boost::system::error_code failure;
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        got += co_await from.async_read_some(space, token);
        if (failure) co_return false;
    }
    co_return true;
}

task<void> serve(std::shared_ptr<tcp::socket> with, const floor_sample& s) {
    std::string buffer(buffer_bytes, '\0');
    for (std::size_t i = 0;; i = 1 - i) {
        const bool got = co_await read_all(*with, buffer, s.requests[i].size());
        if (!got) co_return;
        const bool sent = co_await write_all(*with, s.answers[i]);
        if (!sent) co_return;
    }
}

task<void> accept_all(tcp::acceptor& from, std::size_t connections, const floor_sample& s,
                      io::task_group& members) {
    for (std::size_t i = 0; i < connections; ++i) {
        auto socket = std::make_shared<tcp::socket>(co_await from.async_accept(asio::use_awaitable));
        socket->set_option(tcp::no_delay(true));
        members.spawn([socket, &s] { return serve(socket, s); });
    }
}

struct floor_clock {
    double until_ns = 0;
    std::size_t messages = 0;
    bool failed = false;
};

task<void> ask(tcp::endpoint to, const floor_sample& s, floor_clock& c) {
    tcp::socket socket(co_await asio::this_coro::executor);
    boost::system::error_code failure;
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    co_await socket.async_connect(to, token);
    c.failed = c.failed || failure;
    if (failure) co_return;
    socket.set_option(tcp::no_delay(true));
    std::string buffer(std::max({buffer_bytes, s.answers[0].size(), s.answers[1].size()}), '\0');
    std::string body;
    while (!c.failed && wall_ns() < c.until_ns) {
        for (std::size_t i = 0; i < s.requests.size(); ++i) {
            hash_request(s.requests[i]);
            const bool sent = co_await write_all(socket, s.requests[i]);
            const bool got = sent && co_await read_all(socket, buffer, s.answers[i].size());
            c.failed = c.failed || !got;
            if (!got) co_return;
            if (i == 0)
                look_at_messages(std::string_view(buffer).substr(0, s.answers[0].size()), s.messages, body);
        }
        c.messages += s.messages;
    }
}

}  // namespace

result<floor_sample> take_floor_sample(const queue_plan& p, const endpoint& server) {
    sqs_caller caller(server);
    const auto url = caller.open_queue("trainyard-bench-floor");
    if (!url) return url.error();
    message_maker maker(p, p.threads);
    const auto entries = maker.batch(mono_time{}, p.batch);
    if (const auto sent = caller.call("SendMessageBatch", aws::sqs::encode_send_batch(*url, entries)); !sent)
        return sent.error();
    floor_sample out;
    aws::sqs::receive_options what;
    what.max_messages = static_cast<int>(p.batch);
    what.wait_seconds = 1;
    const auto receive = aws::sqs::encode_receive(*url, what);
    caller.append(out.requests[0], "ReceiveMessage", receive);
    const auto got = caller.call("ReceiveMessage", receive);
    if (!got) return got.error();
    const auto messages = aws::sqs::decode_receive(*got);
    if (!messages) return messages.error();
    std::vector<aws::sqs::delete_entry> handles;
    for (const auto& m : *messages) handles.push_back({fmt::format("{}", handles.size()), m.receipt_handle});
    const auto erase = aws::sqs::encode_delete_batch(*url, handles);
    caller.append(out.requests[1], "DeleteMessageBatch", erase);
    const auto gone = caller.call("DeleteMessageBatch", erase);
    if (!gone) return gone.error();
    out.answers = {with_head(*got), with_head(*gone)};
    out.messages = handles.size();
    if (out.messages != p.batch) return error{errc::corrupt, "the sample's receive brought too few messages"};
    return out;
}

result<double> measure_floor(const queue_plan& p, const floor_sample& s, double seconds) {
    const std::size_t connections = std::max<std::size_t>(1, p.connections / p.threads);
    io::io_thread server("floor-server");
    tcp::acceptor acceptor(server.context(), tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    const auto at = acceptor.local_endpoint();
    io::task_group serving(server.context());
    asio::post(server.context(),
               [&] { serving.spawn([&] { return accept_all(acceptor, connections, s, serving); }); });

    asio::io_context io{1};
    io::task_group asking(io);
    floor_clock c;
    c.until_ns = wall_ns() + seconds * 1e9;
    for (std::size_t i = 0; i < connections; ++i) asking.spawn([&] { return ask(at, s, c); });
    const double before = thread_cpu_ns();
    io.run();
    const double used = thread_cpu_ns() - before;
    server.join();
    if (c.failed || c.messages == 0) return error{errc::io, "the floor's raw exchange failed"};
    return used / 1e3 / static_cast<double>(c.messages);
}

}  // namespace trainyard::bench
