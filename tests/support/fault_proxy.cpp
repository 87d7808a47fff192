#include "fault_proxy.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>

#include "engine/base/check.hpp"
#include "engine/http/message.hpp"
#include "engine/http/watchdog.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using error_code = boost::system::error_code;

constexpr std::size_t read_bytes = 16U << 10U;
constexpr std::string_view head_end = "\r\n\r\n";

mono_time from_now(duration d) {
    return io::real_clock().mono() + d;
}

struct length_place {
    std::size_t begin = 0, end = 0;  // of the digits in the text
    std::uint64_t value = 0;
};

// Where the Content-Length of an answer's head stands; the test's own server wrote it.
length_place find_length(std::string_view head) {
    for (std::size_t line = 0; line < head.size();) {
        const std::size_t next = std::min(head.find("\r\n", line), head.size());
        const std::string_view text = head.substr(line, next - line);
        const auto colon = text.find(':');
        if (colon != std::string_view::npos && http::same_name(text.substr(0, colon), "Content-Length")) {
            length_place out;
            out.begin = head.find_first_of("0123456789", line);
            out.end = next;
            std::from_chars(head.data() + out.begin, head.data() + out.end, out.value);
            return out;
        }
        line = next + 2;
    }
    return {};
}

// Whole answers at the front of `held`: their number of bytes, 0 when the first is not complete.
std::size_t answer_size(std::string_view held) {
    const auto end = held.find(head_end);
    if (end == std::string_view::npos) return 0;
    const std::size_t all = end + head_end.size() + find_length(held.substr(0, end)).value;
    return held.size() < all ? 0 : all;
}

std::string changed(std::string answer, const fault& what) {
    if (what.content_length_off_by != 0) {
        const length_place at = find_length(std::string_view(answer).substr(0, answer.find(head_end)));
        const auto told = static_cast<std::int64_t>(at.value) + what.content_length_off_by;
        answer.replace(at.begin, at.end - at.begin, std::to_string(told));
    }
    std::string out = what.before_answer + answer;
    if (what.twice) out += answer;
    return out;
}

struct relay {
    relay(asio::io_context& io, fault given, fault_record& counted)
        : client(io), server(io), what(std::move(given)), record(counted), limit(io.get_executor(), [this] {
              close();
          }) {}

    // Only then has the proxy to know where an answer ends.
    bool by_answer() const {
        return what.answers != unlimited || what.twice || what.content_length_off_by != 0 ||
               !what.before_answer.empty() || what.latency > duration::zero();
    }
    void close();
    void finish();  // `what.end` is due

    tcp::socket client, server;
    fault what;
    fault_record& record;
    http::watchdog limit;
    std::size_t answers_given = 0;
    bool spent = false;  // ends at the next byte of the client
    bool ended = false;
};

void relay::close() {
    ended = true;
    error_code ignored;
    client.close(ignored);
    server.close(ignored);
}

void relay::finish() {
    ended = true;
    error_code ignored;
    server.close(ignored);
    if (what.end == ending::fin) client.shutdown(tcp::socket::shutdown_send, ignored);
    if (what.end != ending::reset) return;
    client.set_option(asio::socket_base::linger(true, 0), ignored);
    client.close(ignored);
}

// What may still be given to the client goes out, in pieces; then the end, when it is due.
task<void> give(relay& l, std::string bytes) {
    bytes.resize(std::min(bytes.size(), l.what.answer_bytes - l.record.to_client));
    error_code failure;
    for (std::size_t at = 0; at < bytes.size() && !failure && !l.ended;) {
        if (at > 0 && l.what.pause > duration::zero()) {
            const mono_time next = from_now(l.what.pause);
            co_await io::sleep_until(next);
        }
        const auto piece = asio::buffer(bytes.data() + at, std::min(l.what.piece, bytes.size() - at));
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        const std::size_t n = co_await asio::async_write(l.client, piece, token);
        at += n;
        l.record.to_client += n;
    }
    if (l.ended || (l.record.to_client < l.what.answer_bytes && l.answers_given < l.what.answers)) co_return;
    if (l.what.wait_for_next_request)
        l.spent = true;
    else
        l.finish();
}

task<void> give_whole_answers(relay& l, std::string& held) {
    for (std::size_t size = answer_size(held); size > 0 && !l.ended && !l.spent; size = answer_size(held)) {
        std::string answer = changed(held.substr(0, size), l.what);
        held.erase(0, size);
        if (l.what.latency > duration::zero()) {
            const mono_time then = from_now(l.what.latency);
            co_await io::sleep_until(then);
        }
        ++l.answers_given;
        co_await give(l, std::move(answer));
    }
}

task<void> answers_to_client(std::shared_ptr<relay> l) {
    std::string held;
    std::array<char, read_bytes> some;
    error_code failure;
    while (!failure && !l->ended && held.size() <= fault_proxy::held_bytes_max) {
        const auto space = asio::buffer(some);
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        const std::size_t n = co_await l->server.async_read_some(space, token);
        held.append(some.data(), n);
        if (l->by_answer()) {
            co_await give_whole_answers(*l, held);
        } else {
            std::string all = std::move(held);
            held.clear();
            co_await give(*l, std::move(all));
        }
    }
    if (l->ended || l->spent) co_return;
    // The server ended it: so does the proxy, after what is left.
    co_await give(*l, std::move(held));
    l->what.end = ending::fin;
    if (!l->ended) l->finish();
}

// Reads and drops until the client closes, or nothing at all when the fault is not to read.
task<void> outlast(relay& l) {
    if (l.what.end == ending::silence && l.record.from_client >= l.what.request_bytes) {
        const mono_time end = from_now(fault_proxy::lifetime_max);
        co_await io::sleep_until(end);
        co_return;
    }
    std::array<char, read_bytes> sink;
    error_code failure;
    while (!failure) {
        const auto space = asio::buffer(sink);
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        const std::size_t n = co_await l.client.async_read_some(space, token);
        l.record.from_client += n;
    }
}

task<void> requests_to_server(std::shared_ptr<relay> l) {
    std::array<char, read_bytes> some;
    error_code failure;
    while (!failure && !l->ended && l->record.from_client < l->what.request_bytes) {
        const auto space =
            asio::buffer(some, std::min(some.size(), l->what.request_bytes - l->record.from_client));
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        const std::size_t n = co_await l->client.async_read_some(space, token);
        l->record.from_client += n;
        if (l->spent && n > 0 && !l->ended) l->finish();
        if (l->ended) break;
        // The server may be gone already; its answer, or the lack of one, is what counts.
        error_code ignored;
        auto quiet = asio::redirect_error(asio::use_awaitable, ignored);
        const auto bytes = asio::buffer(some, n);
        co_await asio::async_write(l->server, bytes, quiet);
        if (l->what.server_sees_fin) l->server.shutdown(tcp::socket::shutdown_send, ignored);
    }
    if (!failure && !l->ended) l->finish();
    if (!failure) co_await outlast(*l);
    l->close();
}

}  // namespace

struct fault_proxy::impl {
    impl(asio::io_context& context, std::uint16_t server_port, std::vector<fault> given)
        : io(context),
          acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
          target(asio::ip::address_v4::loopback(), server_port),
          faults(std::move(given)),
          members(context) {
        TY_CHECK(!faults.empty(), "a fault proxy needs a fault, if only one that passes");
        records.reserve(connections_max);  // relays refer to their record
    }

    task<void> accept();
    task<void> serve(std::shared_ptr<relay> l);

    asio::io_context& io;
    tcp::acceptor acceptor;
    std::uint16_t port = acceptor.local_endpoint().port();
    tcp::endpoint target;
    std::vector<fault> faults;
    std::vector<fault_record> records;
    std::vector<std::weak_ptr<relay>> relays;
    io::task_group members;
};

task<void> fault_proxy::impl::serve(std::shared_ptr<relay> l) {
    l->limit.arm(from_now(lifetime_max));
    error_code failure;
    if (l->what.request_bytes > 0 && !l->ended) {
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        co_await l->server.async_connect(target, token);
        if (!failure) members.spawn([l] { return answers_to_client(l); });
    }
    if (failure)
        l->close();
    else
        co_await requests_to_server(l);
}

task<void> fault_proxy::impl::accept() {
    for (error_code failure; !failure;) {
        tcp::socket next(io);
        auto token = asio::redirect_error(asio::use_awaitable, failure);
        co_await acceptor.async_accept(next, token);
        if (failure || records.size() == connections_max) continue;
        const fault& what = faults[std::min(records.size(), faults.size() - 1)];
        const auto l = std::make_shared<relay>(io, what, records.emplace_back());
        l->client = std::move(next);
        error_code ignored;
        l->client.set_option(tcp::no_delay(true), ignored);
        relays.push_back(l);
        members.spawn([this, l] { return serve(l); });
    }
}

fault_proxy::fault_proxy(asio::io_context& io, std::uint16_t server_port, std::vector<fault> faults)
    : impl_(std::make_unique<impl>(io, server_port, std::move(faults))) {
    impl_->members.spawn([self = impl_.get()] { return self->accept(); });
}

fault_proxy::~fault_proxy() = default;

std::uint16_t fault_proxy::port() const {
    return impl_->port;
}

const std::vector<fault_record>& fault_proxy::connections() const {
    return impl_->records;
}

task<void> fault_proxy::close() {
    error_code ignored;
    impl_->acceptor.close(ignored);
    for (const auto& each : impl_->relays)
        if (const auto l = each.lock()) l->close();
    impl_->members.cancel();  // for those that sleep
    co_await impl_->members.join();
}

}  // namespace trainyard::test
