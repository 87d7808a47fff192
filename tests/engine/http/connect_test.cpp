// Which address a connection goes to, and what is said when there is none.
#include <gmock/gmock.h>
#include <poll.h>
#include <sys/socket.h>

#include <list>
#include <map>

#include "engine/io/event.hpp"
#include "loopback.hpp"

namespace trainyard::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using strings = std::vector<std::string>;

// A resolver with one table, which the test changes.
struct names {
    std::map<std::string, strings> table;
    strings asked;
};

task<result<strings>> look_up(names& n, std::string host) {
    n.asked.push_back(host);
    const auto found = n.table.find(host);
    if (found == n.table.end()) co_return error{errc::unreachable, "look-up: no such host"};
    co_return found->second;
}

client_options resolving(names& n) {
    client_options out;
    out.lookup = [&n](std::string host, mono_time) { return look_up(n, std::move(host)); };
    return out;
}

task<void> send_each(client& c, std::vector<origin> to, duration limit, std::vector<result<response>>& out) {
    for (const origin& o : to) {
        request r;
        const mono_time until = in(limit);
        auto got = co_await c.send(o, r, lane::control, until);
        out.push_back(std::move(got));
    }
}

class connecting : public loopback {
protected:
    std::vector<result<response>> send(client& c, std::vector<origin> to, duration limit = 5s) {
        std::vector<result<response>> got;
        run([&] { return send_each(c, to, limit, got); });
        return got;
    }
    // A port of 127.0.0.1 and 127.0.0.2 where nobody listens.
    std::uint16_t unused_port() {
        raw_listener gone(io);
        const auto port = gone.port();
        gone.close();
        return port;
    }
    names dns;
};

TEST_F(connecting, an_address_that_refuses_is_passed_over) {
    const auto port = serve(fine);
    dns.table["a.example"] = {"127.0.0.2", "::1", "127.0.0.1"};
    client& c = make_client(resolving(dns));
    const auto got = send(c, {{false, "a.example", port}});
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    EXPECT_EQ(c.stats().connections_opened, 1U);
}

TEST_F(connecting, every_address_that_failed_is_named) {
    dns.table["a.example"] = {"127.0.0.2", "127.0.0.3"};
    client& c = make_client(resolving(dns));
    const auto got = send(c, {{false, "a.example", unused_port()}});
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("http://a.example:"));
    EXPECT_THAT(got[0].error().message,
                HasSubstr("127.0.0.2: Connection refused; 127.0.0.3: Connection refused"));
}

TEST_F(connecting, a_name_without_an_address_is_an_error) {
    dns.table["empty.example"] = {};
    dns.table["odd.example"] = {"localhost", "1.2.3"};
    client& c = make_client(resolving(dns));
    const auto got =
        send(c, {{false, "none.example", 1}, {false, "empty.example", 1}, {false, "odd.example", 1}});
    EXPECT_THAT(got[0].error().message,
                HasSubstr("http://none.example:1: no connection: look-up: no such host"));
    EXPECT_THAT(got[1].error().message, HasSubstr("the name has no address"));
    EXPECT_THAT(got[2].error().message, HasSubstr("the name has no address"));
    for (const auto& g : got) EXPECT_EQ(g.error().code, errc::unreachable);
}

TEST_F(connecting, a_name_with_very_many_addresses_is_cut) {
    for (int i = 1; i <= 40; ++i) dns.table["a.example"].push_back("127.0.1." + std::to_string(i));
    client& c = make_client(resolving(dns));
    const auto got = send(c, {{false, "a.example", unused_port()}});
    EXPECT_THAT(got[0].error().message, HasSubstr("127.0.1.16: "));
    EXPECT_THAT(got[0].error().message, Not(HasSubstr("127.0.1.17: ")));
}

// Accepts nothing: once its queue is full, further connections are neither completed nor refused.
class black_hole {
public:
    black_hole(boost::asio::io_context& io, const char* address, std::uint16_t port) : acceptor_(io) {
        const boost::asio::ip::tcp::endpoint where(boost::asio::ip::make_address(address), port);
        acceptor_.open(where.protocol());
        acceptor_.bind(where);
        acceptor_.listen(0);
        bool full = false;
        for (int i = 0; i < 64 && !full; ++i) {
            auto& s = fillers_.emplace_back(io);
            s.open(where.protocol());
            s.non_blocking(true);
            const auto to = acceptor_.local_endpoint();
            EXPECT_EQ(::connect(s.native_handle(), to.data(), static_cast<socklen_t>(to.size())), -1);
            pollfd connected{s.native_handle(), POLLOUT, 0};
            full = ::poll(&connected, 1, 50) == 0;
        }
        EXPECT_TRUE(full) << "this system accepts connections over the backlog";
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

private:
    boost::asio::ip::tcp::acceptor acceptor_;
    std::list<boost::asio::ip::tcp::socket> fillers_;
};

TEST_F(connecting, an_address_that_does_not_answer_costs_a_quarter_of_a_second) {
    const auto port = serve(fine);
    const black_hole silent(io, "127.0.0.2", port);
    dns.table["a.example"] = {"127.0.0.2", "127.0.0.1"};
    client& c = make_client(resolving(dns));
    const mono_time began = io::real_clock().mono();
    const auto got = send(c, {{false, "a.example", port}});
    const duration took = io::real_clock().mono() - began;
    ASSERT_TRUE(got[0].has_value()) << got[0].error().message;
    EXPECT_GE(took, 240ms) << "the first address was not tried";
    EXPECT_LT(took, 2s) << "the whole time-out of the first address was waited for";
}

TEST_F(connecting, an_attempt_is_bounded) {
    const black_hole silent(io, "127.0.0.2", 0);
    client_options options;
    options.connect_timeout = 100ms;
    client& c = make_client(options);
    const mono_time began = io::real_clock().mono();
    const auto got = send(c, {{false, "127.0.0.2", silent.port()}});
    ASSERT_FALSE(got[0].has_value());
    EXPECT_EQ(got[0].error().code, errc::unreachable) << "nothing was sent";
    EXPECT_THAT(got[0].error().message, HasSubstr("127.0.0.2: connecting timed out"));
    EXPECT_LT(io::real_clock().mono() - began, 2s);
}

task<void> cancel_soon(io::task_group& victims) {
    const mono_time soon = in(30ms);
    co_await io::sleep_until(soon);
    victims.cancel();
}

task<void> cancel_while_connecting(boost::asio::io_context& io, client& c, origin to,
                                   std::vector<result<response>>& got) {
    io::task_group victims(io);
    victims.spawn([&] { return send_each(c, {to}, 5s, got); });
    co_await cancel_soon(victims);
    co_await victims.join();
}

TEST_F(connecting, can_be_cancelled) {
    const black_hole silent(io, "127.0.0.2", 0);
    client& c = make_client();
    std::vector<result<response>> got;
    const mono_time began = io::real_clock().mono();
    run([&] { return cancel_while_connecting(io, c, {false, "127.0.0.2", silent.port()}, got); });
    EXPECT_EQ(got.at(0).error().code, errc::cancelled);
    EXPECT_LT(io::real_clock().mono() - began, 2s);
}

task<result<strings>> never(std::string /*host*/, mono_time deadline) {
    co_await io::sleep_until(deadline);
    co_return error{errc::timeout, "the look-up timed out"};
}

TEST_F(connecting, a_look_up_ends_at_the_deadline) {
    client_options options;
    options.lookup = never;
    client& c = make_client(options);
    const auto got = send(c, {{false, "a.example", 1}}, 50ms);
    EXPECT_EQ(got[0].error().code, errc::unreachable);
    EXPECT_THAT(got[0].error().message, HasSubstr("the look-up timed out"));
}

// --- Names that move ---

task<response> here(request /*r*/) {
    co_return response{200, {{"Connection", "close"}}, "here"};
}
task<response> there(request /*r*/) {
    co_return response{200, {}, "there"};
}

task<void> move_between(client& c, names& n, origin to, std::vector<result<response>>& got) {
    const std::vector<origin> once(1, to), twice(2, to);
    co_await send_each(c, once, 5s, got);
    n.table["a.example"] = {"127.0.0.2"};
    co_await send_each(c, twice, 5s, got);
}

TEST_F(connecting, each_new_connection_asks_where_the_name_is) {
    const auto port = serve(here);
    servers.push_back(std::make_unique<server>(io, server_options{}, there));
    ASSERT_TRUE(servers.back()->listen("127.0.0.2", port).has_value());
    dns.table["a.example"] = {"127.0.0.1"};
    client& c = make_client(resolving(dns));
    std::vector<result<response>> got;
    run([&] { return move_between(c, dns, {false, "a.example", port}, got); });
    EXPECT_EQ(got.at(0)->body, "here");
    EXPECT_EQ(got.at(1)->body, "there");
    EXPECT_EQ(got.at(2)->body, "there");
    EXPECT_THAT(dns.asked, ElementsAre("a.example", "a.example")) << "a connection in use needs no name";
}

TEST_F(connecting, an_aged_connection_is_not_used_again_and_its_name_is_asked_for) {
    const auto port = serve(there);
    dns.table["a.example"] = {"127.0.0.1"};
    client_options options = resolving(dns);
    options.connection_age_max = 1ns;
    client& c = make_client(options);
    const origin to{false, "a.example", port};
    const auto got = send(c, {to, to});
    ASSERT_TRUE(got[0].has_value() && got[1].has_value());
    EXPECT_EQ(c.stats().connections_opened, 2U);
    EXPECT_EQ(c.stats().connections_reused, 0U);
    EXPECT_THAT(dns.asked, ElementsAre("a.example", "a.example"));
}

// --- Addresses that must not be connected to ---

TEST_F(connecting, a_refused_address_is_named_and_not_connected_to) {
    const auto port = serve(fine);
    dns.table["evil.example"] = {"127.0.0.1"};
    dns.table["mapped.example"] = {"::ffff:127.0.0.1"};
    client_options options = resolving(dns);
    strings seen;
    options.refuse_address = [&seen](const std::string& /*host*/, const std::string& ip) {
        seen.push_back(ip);
        return ip.starts_with("127.");
    };
    client& c = make_client(options);
    const auto got = send(c, {{false, "evil.example", port},
                              {false, "mapped.example", port},
                              {false, "127.0.0.1", port},
                              {false, "::ffff:127.0.0.1", port}});
    for (const auto& g : got) {
        ASSERT_FALSE(g.has_value());
        EXPECT_EQ(g.error().code, errc::unreachable);
        EXPECT_THAT(g.error().message, HasSubstr("resolves to 127.0.0.1, where this client may not connect"));
    }
    EXPECT_THAT(seen, ElementsAre("127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"));
    EXPECT_EQ(servers[0]->stats().connections, 0U);
}

TEST_F(connecting, what_the_systems_resolver_says_is_refused_too) {
    const auto port = serve(fine);
    client_options options;
    options.refuse_address = [](const std::string& /*host*/, const std::string& ip) {
        return ip == "127.0.0.1" || ip == "::1";
    };
    client& c = make_client(options);
    // Spellings of 127.0.0.1 that only the resolver understands, and the name itself.
    const auto got =
        send(c, {{false, "localhost", port}, {false, "127.1", port}, {false, "2130706433", port}});
    for (const auto& g : got) {
        ASSERT_FALSE(g.has_value());
        EXPECT_EQ(g.error().code, errc::unreachable) << g.error().message;
    }
    EXPECT_EQ(servers[0]->stats().connections, 0U);
}

TEST_F(connecting, the_other_addresses_of_a_name_are_still_tried) {
    const auto port = serve(fine);
    dns.table["a.example"] = {"169.254.169.254", "127.0.0.1"};
    client_options options = resolving(dns);
    options.refuse_address = [](const std::string& /*host*/, const std::string& ip) {
        return ip.starts_with("169.254.");
    };
    client& c = make_client(options);
    const auto got = send(c, {{false, "a.example", port}});
    EXPECT_TRUE(got[0].has_value()) << got[0].error().message;
}

}  // namespace
}  // namespace trainyard::http
