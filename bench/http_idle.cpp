// What idle keep-alive connections cost. The other ends live in a child process, so that this one's memory is
// that of one side alone.
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "bench/http_load.hpp"
#include "engine/base/check.hpp"
#include "engine/http/client.hpp"
#include "engine/http/server.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::bench {
namespace {

constexpr std::size_t spare_descriptors = 64;

// Resident memory of this process once what is free was given back, in bytes.
double resident_bytes() {
    ::malloc_trim(0);
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    file >> total >> resident;
    TY_CHECK(resident > 0, "/proc/self/statm tells the resident pages");
    return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

sockaddr_in loopback_at(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(port);
    return out;
}

// Reads through the head and `body` more bytes.
void read_message(int from, std::size_t body) {
    std::string got;
    std::size_t size = 0;
    char some[8192];
    while (size == 0 || got.size() < size) {
        const auto n = ::recv(from, some, sizeof some, 0);
        TY_CHECK(n > 0, "the peer of an idle connection closed it");
        got.append(some, static_cast<std::size_t>(n));
        const auto end = got.find("\r\n\r\n");
        if (end != std::string::npos) size = end + 4 + body;
    }
}

void write_text(int to, const std::string& text) {
    TY_CHECK(::send(to, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()),
             "a small message fits into an idle socket");
}

// A process that plays the other end until this one closes its pipe.
class child {
public:
    template <class F>
    explicit child(F play) {
        TY_CHECK(::pipe(end_) == 0, "a pipe");
        pid_ = ::fork();
        TY_CHECK(pid_ >= 0, "another process");
        if (pid_ != 0) {
            ::close(end_[0]);
            return;
        }
        ::close(end_[1]);
        play();
        char byte = 0;
        TY_CHECK(::read(end_[0], &byte, 1) >= 0, "waiting for the end of the benchmark");
        ::_exit(0);
    }
    ~child() {
        ::close(end_[1]);
        int status = 0;
        ::waitpid(pid_, &status, 0);
    }
    child(const child&) = delete;
    child& operator=(const child&) = delete;

private:
    int end_[2]{};
    pid_t pid_ = -1;
};

void play_clients(std::uint16_t port, std::size_t connections) {
    const std::string asked = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi";
    const sockaddr_in to = loopback_at(port);
    for (std::size_t i = 0; i < connections; ++i) {
        const int s = ::socket(AF_INET, SOCK_STREAM, 0);
        TY_CHECK(s >= 0 && ::connect(s, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0,
                 "a connection to the benchmark's server");
        write_text(s, asked);
        read_message(s, 2);
    }
}

void play_server(int listening, std::size_t connections) {
    std::vector<int> open;
    for (std::size_t i = 0; i < connections; ++i) {
        open.push_back(::accept(listening, nullptr, nullptr));
        TY_CHECK(open.back() >= 0, "a connection from the benchmark's client");
    }
    // Every connection is open before any becomes idle, so none is used twice.
    for (const int s : open) {
        read_message(s, 2);
        write_text(s, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
    }
}

task<http::response> answer_and_count(std::size_t& count, http::request asked) {
    ++count;
    http::response out;
    out.body = std::move(asked.body);
    co_return out;
}

task<void> stop_server(http::server& server) {
    const mono_time now = io::real_clock().mono();
    co_await server.shutdown(now);
}

double server_side(std::size_t connections) {
    boost::asio::io_context io{1};
    std::size_t answered = 0;
    http::server_options options;
    options.connections_max = connections;
    options.idle_max = std::chrono::minutes{10};
    http::server server(io, options,
                        [&answered](http::request r) { return answer_and_count(answered, std::move(r)); });
    const auto port = server.listen("127.0.0.1", 0);
    TY_CHECK(port.has_value(), "the benchmark's server cannot listen on loopback");
    const double before = resident_bytes();
    child clients([&] { play_clients(*port, connections); });
    while (answered < connections) io.run_one();
    // The last answer is written; what is ready besides is the connections' way back to idleness.
    io.poll();
    const double after = resident_bytes();
    io::task_group end(io);
    end.spawn([&] { return stop_server(server); });
    io.run();
    return (after - before) / static_cast<double>(connections);
}

task<void> ask_once(http::client& client, std::uint16_t port, std::size_t& answered) {
    http::origin to;
    to.tls = false;
    to.host = "127.0.0.1";
    to.port = port;
    http::request what;
    what.body = "hi";
    const mono_time deadline = io::real_clock().mono() + std::chrono::minutes{5};
    const auto got = co_await client.send(std::move(to), std::move(what), http::lane::control, deadline);
    TY_CHECK(got.has_value(), "the benchmark's client got no answer");
    ++answered;
}

task<void> close_client(http::client& client) {
    co_await client.close();
}

double client_side(std::size_t connections) {
    const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at = loopback_at(0);
    socklen_t size = sizeof at;
    TY_CHECK(::bind(listening, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
                 ::listen(listening, SOMAXCONN) == 0 &&
                 ::getsockname(listening, reinterpret_cast<sockaddr*>(&at), &size) == 0,
             "a listening socket on loopback");
    child server([&] { play_server(listening, connections); });
    ::close(listening);
    boost::asio::io_context io{1};
    http::client_options options;
    options.connections_per_origin_and_lane = connections;
    options.connections_per_host = 2 * connections;  // the other lanes have their reserve
    options.connect_timeout = std::chrono::minutes{1};
    options.idle_max = std::chrono::minutes{10};
    options.connection_age_max = std::chrono::minutes{10};
    http::client client(io, options);
    std::size_t answered = 0;
    const double before = resident_bytes();
    {
        io::task_group requests(io);
        for (std::size_t i = 0; i < connections; ++i)
            requests.spawn([&] { return ask_once(client, ntohs(at.sin_port), answered); });
        while (requests.size() > 0) io.run_one();
    }
    const double after = resident_bytes();
    io::task_group end(io);
    end.spawn([&] { return close_client(client); });
    io.run();
    TY_CHECK(answered == connections, "every connection carried one exchange");
    return (after - before) / static_cast<double>(connections);
}

}  // namespace

idle_cost measure_idle(std::size_t connections) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t wanted = connections + spare_descriptors;
    limit.rlim_cur = std::min(limit.rlim_max, std::max(limit.rlim_cur, wanted));
    ::setrlimit(RLIMIT_NOFILE, &limit);
    idle_cost out;
    out.connections = std::min<std::size_t>(connections, limit.rlim_cur - spare_descriptors);
    out.server_bytes = server_side(out.connections);
    out.client_bytes = client_side(out.connections);
    return out;
}

}  // namespace trainyard::bench
