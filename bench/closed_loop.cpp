#include "bench/closed_loop.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "bench/report.hpp"
#include "engine/http/answer_head.hpp"

namespace trainyard::bench {
namespace {

constexpr std::size_t read_bytes = 64U << 10U;
constexpr int events_at_once = 64;

error failed(std::string_view what, const endpoint& at) {
    const int code = errno;
    return {errc::unreachable,
            fmt::format("{} {}: {}", what, at.authority(), std::generic_category().message(code))};
}

}  // namespace

std::string endpoint::authority() const {
    return fmt::format("{}:{}", address, port);
}

struct closed_loop::connection {
    explicit connection(talker& t) : who(&t) {}
    ~connection() {
        if (fd >= 0) ::close(fd);
    }
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    talker* who;
    int fd = -1;
    bool busy = false;  // waits for an answer
    bool polls_writing = false;
    std::string out, in;
    std::size_t written = 0;
    http::head_scan scan;
};

closed_loop::closed_loop(endpoint to) : to_(std::move(to)), poll_(::epoll_create1(EPOLL_CLOEXEC)) {}

closed_loop::~closed_loop() {
    connections_.clear();
    if (poll_ >= 0) ::close(poll_);
}

result<void> closed_loop::connect(connection& c) {
    if (c.fd >= 0) ::close(c.fd);
    c.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(to_.port);
    if (::inet_pton(AF_INET, to_.address.c_str(), &at.sin_addr) != 1)
        return error{errc::invalid_argument, to_.address + " is not an IPv4 address"};
    if (c.fd < 0 || ::connect(c.fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0)
        return failed("no connection to", to_);
    const int on = 1;
    ::setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(c.fd, F_SETFL, ::fcntl(c.fd, F_GETFL) | O_NONBLOCK);
    epoll_event e{};
    e.events = EPOLLIN;
    e.data.ptr = &c;
    if (::epoll_ctl(poll_, EPOLL_CTL_ADD, c.fd, &e) != 0) return failed("cannot poll", to_);
    c.polls_writing = false;
    c.in.clear();
    c.scan = {};
    return {};
}

result<void> closed_loop::add(talker& who) {
    connections_.emplace_back(who);
    connection& c = connections_.back();
    if (const auto connected = connect(c); !connected) return connected.error();
    return begin(c);
}

result<void> closed_loop::begin(connection& c) {
    c.out.clear();
    c.written = 0;
    const bool asks = c.who->ask(c.out, stop_);
    if (asks != c.busy) asks ? ++busy_ : --busy_;
    c.busy = asks;
    return asks ? write(c) : result<void>{};
}

result<void> closed_loop::write(connection& c) {
    while (c.written < c.out.size()) {
        const auto n = ::send(c.fd, c.out.data() + c.written, c.out.size() - c.written, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno != EAGAIN) return failed("cannot write to", to_);
        if (n < 0) break;
        c.written += static_cast<std::size_t>(n);
    }
    const bool left = c.written < c.out.size();
    if (left == c.polls_writing) return {};
    c.polls_writing = left;
    epoll_event e{};
    e.events = EPOLLIN | (left ? static_cast<std::uint32_t>(EPOLLOUT) : 0U);
    e.data.ptr = &c;
    if (::epoll_ctl(poll_, EPOLL_CTL_MOD, c.fd, &e) != 0) return failed("cannot poll", to_);
    return {};
}

// True when an answer was taken and the next request is on its way.
result<bool> closed_loop::take_answer(connection& c) {
    if (c.scan.end == 0) {
        const auto state = c.scan.advance(c.in);
        if (state == http::head_state::incomplete) return false;
        if (state == http::head_state::malformed)
            return error{errc::corrupt, to_.authority() + " sent a malformed head"};
    }
    const std::string_view all = c.in;
    const auto head = http::parse_answer_head(all.substr(0, c.scan.end), false, {});
    if (!head) return error{errc::corrupt, to_.authority() + " sent a bad head: " + head.error().reason};
    if (head->end != http::body_end::length && head->end != http::body_end::none)
        return error{errc::corrupt, to_.authority() + " sent an answer without Content-Length"};
    if (all.size() - c.scan.end < head->content_length) return false;
    const auto body = all.substr(c.scan.end, head->content_length);
    if (const auto fine = c.who->answered(head->response.status, body); !fine) return fine.error();
    c.in.erase(0, c.scan.end + head->content_length);
    c.scan = {};
    if (!head->keep_alive)
        if (const auto again = connect(c); !again) return again.error();
    if (const auto begun = begin(c); !begun) return begun.error();
    return true;
}

result<void> closed_loop::read(connection& c) {
    const std::size_t before = c.in.size();
    c.in.resize(before + read_bytes);
    const auto n = ::recv(c.fd, c.in.data() + before, read_bytes, 0);
    c.in.resize(before + static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (n < 0) return failed("cannot read from", to_);
    if (n == 0) return error{errc::unreachable, to_.authority() + " closed a connection"};
    for (bool more = true; more && !c.in.empty();) {
        const auto taken = take_answer(c);
        if (!taken) return taken.error();
        more = *taken;
    }
    return {};
}

result<void> closed_loop::turn(int timeout_ms) {
    std::array<epoll_event, events_at_once> events{};
    const int n = ::epoll_wait(poll_, events.data(), events_at_once, timeout_ms);
    if (n < 0 && errno != EINTR) return failed("cannot wait for", to_);
    for (int i = 0; i < n; ++i) {
        auto& c = *static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr);
        if ((events[static_cast<std::size_t>(i)].events & EPOLLOUT) != 0)
            if (const auto written = write(c); !written) return written.error();
        if ((events[static_cast<std::size_t>(i)].events & ~static_cast<std::uint32_t>(EPOLLOUT)) != 0)
            if (const auto done = read(c); !done) return done.error();
    }
    return {};
}

result<void> closed_loop::run(double until_ns) {
    constexpr double ns_per_ms = 1e6;
    for (double now = wall_ns(); busy_ > 0 && now < until_ns; now = wall_ns())
        if (const auto turned = turn(static_cast<int>((until_ns - now) / ns_per_ms) + 1); !turned)
            return turned.error();
    return {};
}

result<void> closed_loop::finish(double patience_s) {
    stop_ = true;
    if (const auto ran = run(wall_ns() + patience_s * 1e9); !ran) return ran.error();
    if (busy_ > 0)
        return error{errc::timeout, fmt::format("{} left {} requests unanswered", to_.authority(), busy_)};
    return {};
}

namespace {

class single : public talker {
public:
    explicit single(std::string request) : request_(std::move(request)) {}
    bool ask(std::string& out, bool) override {
        out.append(request_);
        return !std::exchange(asked_, true);
    }
    result<void> answered(int status, std::string_view body) override {
        answer = {status, std::string(body)};
        return {};
    }
    plain_answer answer;

private:
    std::string request_;
    bool asked_ = false;
};

}  // namespace

result<plain_answer> ask_once(const endpoint& to, std::string request, double patience_s) {
    single who(std::move(request));
    closed_loop loop(to);
    if (const auto added = loop.add(who); !added) return added.error();
    if (const auto done = loop.finish(patience_s); !done) return done.error();
    return who.answer;
}

}  // namespace trainyard::bench
