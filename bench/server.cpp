// trainyard-bench server: the local SQS under load, beside other servers that the user names.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>
#include <vector>

#include "bench/commands.hpp"
#include "bench/report.hpp"
#include "bench/server_process.hpp"
#include "bench/server_scale.hpp"
#include "bench/sqs_load.hpp"

namespace trainyard::bench {
namespace {

struct server_arguments {
    std::vector<std::string> peers, pids;  // NAME=http://ADDRESS:PORT, NAME=PID
    std::vector<std::size_t> connections{8, 64};
    double warm_seconds = 3;
    bool no_scale = false, json = false;
    scale_options scale;
};

// A server under load and what it gave, round by round.
struct contender {
    std::string name;
    endpoint at;
    std::optional<pid_t> pid;
    std::string queue_url{};
    struct series {
        std::vector<double> rate, cpu_us, client_us;
    };
    std::vector<series> by_connections{};  // as server_arguments::connections
    bool left_out = false;                 // it failed under load
};

result<contender> parse_peer(const std::string& text) {
    const auto refuse = [&] {
        return error{errc::invalid_argument, "--peer " + text + " must be NAME=http://ADDRESS:PORT"};
    };
    const auto equals = text.find("=http://");
    const auto colon = text.rfind(':');
    if (equals == std::string::npos || equals == 0 || colon < equals + 8) return refuse();
    contender out{text.substr(0, equals), {}, {}};
    out.at.address = text.substr(equals + 8, colon - equals - 8);
    if (out.at.address == "localhost") out.at.address = "127.0.0.1";
    const char* const last = text.data() + text.size();
    const auto [end, failed] = std::from_chars(text.data() + colon + 1, last, out.at.port);
    if (failed != std::errc{} || end != last) return refuse();
    return out;
}

result<void> name_process(const std::string& text, std::vector<contender>& all) {
    const auto equals = text.find('=');
    const char* const last = text.data() + text.size();
    pid_t pid = 0;
    if (equals != std::string::npos)
        if (const auto [end, failed] = std::from_chars(text.data() + equals + 1, last, pid); end == last)
            for (contender& c : all)
                if (c.name == text.substr(0, equals)) {
                    c.pid = pid;
                    return {};
                }
    return error{errc::invalid_argument, "--peer-pid " + text + " must be NAME=PID of a --peer"};
}

result<void> load_once(contender& c, std::size_t connections, double seconds, contender::series* into) {
    sqs_caller caller(c.at);
    const auto use = [&]() -> result<process_use> { return c.pid ? use_of(*c.pid) : process_use{}; };
    const auto before = use();
    const auto cost = run_load(caller, c.queue_url, {connections, 0, true, 0, seconds});
    if (!cost) return with_context(cost.error(), c.name);
    const auto after = use();
    if (!before || !after) return error{errc::not_found, c.name + " is not a running process"};
    if (into == nullptr) return {};
    into->rate.push_back(cost->messages / cost->seconds);
    into->client_us.push_back(cost->client_cpu_seconds * 1e6 / cost->messages);
    if (c.pid) into->cpu_us.push_back((after->cpu_seconds - before->cpu_seconds) * 1e6 / cost->messages);
    return {};
}

result<void> warm(const server_arguments& a, contender& c) {
    c.by_connections.resize(a.connections.size());
    sqs_caller caller(c.at);
    const auto queue = caller.open_queue("bench");
    if (!queue) return with_context(queue.error(), c.name);
    c.queue_url = *queue;
    // Virtual machines compile while they are warm.
    return load_once(c, a.connections.front(), a.warm_seconds, nullptr);
}

// Ours comes first and must not fail; a peer that does is named and left out.
result<void> unless_peer(result<void> done, contender& c, const std::vector<contender>& all) {
    if (done || &c == &all.front()) return done;
    std::fprintf(stderr, "left out: %s\n", done.error().message.c_str());
    c.left_out = true;
    return {};
}

result<void> load_all(const server_arguments& a, std::vector<contender>& all) {
    for (contender& c : all)
        if (const auto done = unless_peer(warm(a, c), c, all); !done) return done.error();
    for (std::size_t round = 0; round < a.scale.rounds; ++round) {
        std::fprintf(stderr, "round %zu/%zu\n", round + 1, a.scale.rounds);
        for (std::size_t k = 0; k < a.connections.size(); ++k)
            for (contender& c : all) {
                if (c.left_out) continue;
                auto loaded = load_once(c, a.connections[k], a.scale.seconds, &c.by_connections[k]);
                if (const auto done = unless_peer(std::move(loaded), c, all); !done) return done.error();
            }
    }
    return {};
}

void add_figures(const server_arguments& a, const std::vector<contender>& all, report& into) {
    const auto plain = [&](std::string name, const std::vector<double>& values, const char* unit) {
        into.figures.push_back({std::move(name), median(values), unit, {}, {}, spread_of(values)});
    };
    for (std::size_t k = 0; k < a.connections.size(); ++k) {
        const auto title = [&](const contender& c, const char* what) {
            return fmt::format("{}, {} connections: {}", c.name, a.connections[k], what);
        };
        const auto& ours = all.front().by_connections[k];
        for (const contender& c : all) {
            if (c.left_out) continue;
            const auto& s = c.by_connections[k];
            plain(title(c, "messages carried"), s.rate, "/s");
            if (!s.cpu_us.empty()) plain(title(c, "server CPU a message"), s.cpu_us, "us");
            plain(title(c, "client CPU a message"), s.client_us, "us");
            if (&c == &all.front()) continue;
            into.figures.push_back(ratio_figure(title(c, "trainyard's rate over its"), ours.rate, s.rate));
            if (!s.cpu_us.empty())
                into.figures.push_back(
                    ratio_figure(title(c, "its CPU over trainyard's"), s.cpu_us, ours.cpu_us));
        }
    }
}

result<void> measure(const server_arguments& a, report& out) {
    std::vector<contender> all;
    const auto server = local_server::start(a.scale.program);
    if (!server) return server.error();
    all.push_back({"trainyard", server->at(), server->pid()});
    for (const auto& text : a.peers) {
        auto peer = parse_peer(text);
        if (!peer) return peer.error();
        all.push_back(std::move(*peer));
    }
    for (const auto& text : a.pids)
        if (const auto named = name_process(text, all); !named) return named.error();
    if (const auto loaded = load_all(a, all); !loaded) return loaded.error();
    add_figures(a, all, out);
    if (a.no_scale) return {};
    return measure_scale(a.scale, out);
}

int run_server(const server_arguments& a) {
    report out;
    out.bench = "server";
    out.parameters = {{"load", "send 10, receive 10, delete 10; closed loop; every request signed anew"},
                      {"body", "300 B of JSON"},
                      {"rounds", std::to_string(a.scale.rounds)},
                      {"seconds of one measurement", fmt::format("{}", a.scale.seconds)},
                      {"trainyard", "its own process, signatures verified"}};
    if (const auto done = measure(a, out); !done) {
        std::fprintf(stderr, "trainyard-bench server: %s\n", done.error().message.c_str());
        const auto code = done.error().code;
        return code == errc::invalid_argument ? 2 : code == errc::unreachable ? 3 : 1;
    }
    print(out, a.json);
    return 0;
}

}  // namespace

void add_server(CLI::App& app, action& run) {
    auto a = std::make_shared<server_arguments>();
    a->scale.program = beside_this_program("trainyard");
    CLI::App* sub = app.add_subcommand("server", "The local SQS under load, beside other servers");
    sub->add_option("--peer", a->peers, "A server beside it: NAME=http://ADDRESS:PORT; repeatable");
    sub->add_option("--peer-pid", a->pids, "Its process, to measure CPU time: NAME=PID; repeatable");
    sub->add_option("--program", a->scale.program, "The trainyard program")->capture_default_str();
    sub->add_option("--rounds", a->scale.rounds, "How often everything is measured, in turns")
        ->check(CLI::Range(1, 1000));
    sub->add_option("--seconds", a->scale.seconds, "Of one measurement")->check(CLI::Range(0.1, 60.0));
    sub->add_option("--warm", a->warm_seconds, "Seconds of load before the first round")
        ->check(CLI::Range(0.1, 600.0));
    sub->add_option("--connections", a->connections, "Each a measurement of its own")
        ->check(CLI::Range(1, 1000));
    sub->add_option("--starts", a->scale.starts, "Starts to measure; 0: none");
    sub->add_option("--backlog", a->scale.backlog, "Messages of a FIFO backlog; 0: leave it out");
    sub->add_option("--messages", a->scale.messages, "Messages of a long queue; 0: leave it out");
    sub->add_option("--polls", a->scale.polls, "Idle long polls; 0: leave them out")
        ->check(CLI::Range(0, 1000));
    sub->add_flag("--no-scale", a->no_scale, "Only the load");
    sub->add_flag("--json", a->json, "One JSON object instead of a table");
    sub->callback([a, &run] { run = [a] { return run_server(*a); }; });
}

}  // namespace trainyard::bench
