// Ten thousand peers that have sent half a header each, from a process of their own, as both ends of so many
// connections do not fit into one process's descriptors.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <fstream>

#include "engine/http/client.hpp"
#include "engine/http/server.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t peers = 10'000;
constexpr duration header_time = std::chrono::seconds{15};  // long enough to connect them all first

bool raise_descriptor_limit() {
    rlimit l{};
    if (::getrlimit(RLIMIT_NOFILE, &l) != 0) return false;
    l.rlim_cur = l.rlim_max;
    return l.rlim_cur >= peers + 200 && ::setrlimit(RLIMIT_NOFILE, &l) == 0;
}

bool connect_and_send_half(int socket, std::uint16_t port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    constexpr std::string_view half = "GET / HTTP/1.1\r\nHost:";
    return ::connect(socket, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0 &&
           ::send(socket, half.data(), half.size(), 0) == static_cast<ssize_t>(half.size());
}

// How many of `all` the server has closed without a word, once the last is or nothing happens for a minute.
std::size_t count_closed(std::vector<pollfd> all) {
    std::size_t closed = 0;
    while (!all.empty() && ::poll(all.data(), all.size(), 60'000) > 0) {
        for (std::size_t i = 0; i < all.size();) {
            if (all[i].revents == 0) {
                ++i;
                continue;
            }
            char byte = 0;
            const auto n = ::recv(all[i].fd, &byte, 1, MSG_DONTWAIT);
            if (n <= 0) ++closed;  // end of stream or reset; an answer would be counted as not closed
            ::close(all[i].fd);
            all[i] = all.back();
            all.pop_back();
        }
    }
    return closed;
}

// The peers' process. Writes a byte to `ready` when all are connected; its exit code is 0 when all were
// closed.
[[noreturn]] void be_the_peers(std::uint16_t port, int ready) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::vector<pollfd> all;
    for (std::size_t i = 0; i < peers; ++i) {
        const int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (s < 0 || !connect_and_send_half(s, port)) ::_exit(2);
        all.push_back({s, POLLIN, 0});
    }
    if (::write(ready, "r", 1) != 1) ::_exit(3);
    ::_exit(count_closed(std::move(all)) == peers ? 0 : 1);
}

task<response> fine(request /*r*/) {
    co_return response{};
}

// Requests of a client that behaves, each on a new connection, as one that arrives now has.
struct bystander {
    client& c;
    origin to;
    duration slowest{};
    std::size_t answered = 0;
};

task<void> ask(bystander& b) {
    for (int i = 0; i < 50; ++i) {
        request r;
        r.method = "GET";
        r.fields.add("Connection", "close");
        const mono_time began = io::real_clock().mono(), until = began + std::chrono::seconds{10};
        const auto got = co_await b.c.send(b.to, r, lane::control, until);
        EXPECT_TRUE(got.has_value()) << got.error().message;
        if (!got) co_return;
        ++b.answered;
        b.slowest = std::max(b.slowest, io::real_clock().mono() - began);
    }
}

struct scene {
    asio::io_context& io;
    server& s;
    bystander& b;
    asio::posix::stream_descriptor& ready;
    bool connected = false;
    std::size_t resident_kib = 0;
};

std::size_t resident_kib() {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);)
        if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
    return 0;
}

task<void> watch(scene& sc) {
    boost::system::error_code failure;
    std::array<char, 1> byte{};
    const auto space = asio::buffer(byte);
    auto token = asio::redirect_error(asio::use_awaitable, failure);
    const std::size_t n = co_await sc.ready.async_read_some(space, token);
    sc.connected = n == 1;
    EXPECT_TRUE(sc.connected) << "the peers could not connect";
    sc.resident_kib = resident_kib();
    if (sc.connected) co_await ask(sc.b);
    // The pipe ends with the peers' process, that is when the server has closed all of them.
    boost::system::error_code ended;
    auto last = asio::redirect_error(asio::use_awaitable, ended);
    co_await sc.ready.async_read_some(space, last);
    co_await sc.b.c.close();
    const mono_time now = io::real_clock().mono();
    co_await sc.s.shutdown(now);
}

TEST(server, ten_thousand_slow_peers_delay_nobody_and_all_are_cut) {
    if (!raise_descriptor_limit()) GTEST_SKIP() << "the hard limit of open files is below " << peers + 200;
    const std::size_t before_kib = resident_kib();
    asio::io_context io{1};
    server_options options;
    options.connections_max = peers + 100;
    options.header_time_max = header_time;
    server s(io, options, fine);
    const auto port = s.listen("127.0.0.1", 0);
    ASSERT_TRUE(port.has_value()) << port.error().message;
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        ::close(pipe[0]);
        be_the_peers(*port, pipe[1]);
    }
    ::close(pipe[1]);
    asio::posix::stream_descriptor ready(io, pipe[0]);
    client c(io, {});
    bystander b{c, {false, "127.0.0.1", *port}};
    scene sc{io, s, b, ready};
    {
        io::task_group members(io);
        members.spawn([&sc] { return watch(sc); });
        io.run();
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status)) << status;
    EXPECT_EQ(WEXITSTATUS(status), 0) << "1: not every peer was cut; 2: a peer could not connect";
    EXPECT_EQ(b.answered, 50U);
    EXPECT_LT(b.slowest, header_time / 3) << "it waited for the slow ones";
    EXPECT_EQ(s.stats().requests, 50U);
    EXPECT_EQ(s.stats().refused_connections, 0U);
    RecordProperty("kib_per_connection", static_cast<int>((sc.resident_kib - before_kib) / peers));
    RecordProperty(
        "slowest_microseconds",
        static_cast<int>(std::chrono::duration_cast<std::chrono::microseconds>(b.slowest).count()));
}

}  // namespace
}  // namespace trainyard::http
