// trainyard-bench http: what engine/http costs beside a raw Asio exchange of the same bytes.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <vector>

#include "bench/commands.hpp"
#include "bench/http_load.hpp"
#include "bench/report.hpp"

namespace trainyard::bench {
namespace {

struct http_options {
    std::size_t rounds = 7;
    exchange_shape shape;
    std::size_t idle_connections = 10'000;
    bool json = false;
};

// Microseconds of processor time an exchange, round by round.
struct series {
    std::vector<double> raw_client, raw_server, client, server;
    std::vector<double> rate;  // of engine against engine, in requests per second
};

void run_round(series& into, const exchange_shape& shape, const tls_files& files) {
    const exchange_cost raw = run_exchanges(stack::raw, stack::raw, shape, files);
    into.raw_client.push_back(raw.client_us);
    into.raw_server.push_back(raw.server_us);
    into.client.push_back(run_exchanges(stack::engine, stack::raw, shape, files).client_us);
    into.server.push_back(run_exchanges(stack::raw, stack::engine, shape, files).server_us);
    into.rate.push_back(run_exchanges(stack::engine, stack::engine, shape, files).requests_per_second);
}

figure beside(std::string name, const std::vector<double>& value, const std::vector<double>& floor) {
    const std::vector<double> ratio = ratios(value, floor);
    return {std::move(name), median(value), "us", median(floor), median(ratio), spread_of(ratio)};
}

void add_series(report& out, const std::string& scheme, const series& s) {
    out.figures.push_back(beside(scheme + " client, CPU a request", s.client, s.raw_client));
    out.figures.push_back(beside(scheme + " server, CPU a request", s.server, s.raw_server));
    out.figures.push_back({scheme + " client and server, one thread each",
                           median(s.rate),
                           "requests/s",
                           {},
                           {},
                           spread_of(s.rate)});
}

void say(const char* what, std::size_t done, std::size_t of) {
    std::fprintf(stderr, "%s %zu/%zu\n", what, done, of);
}

int run_http(const http_options& o) {
    report out;
    out.bench = "http";
    out.parameters = {{"connections", std::to_string(o.shape.connections)},
                      {"requests a round", std::to_string(o.shape.requests)},
                      {"rounds", std::to_string(o.rounds)},
                      {"request", "430 B head, 150 B body"},
                      {"answer", "120 B head, 4096 B body"},
                      {"floor", "raw Asio reads and writes of the same bytes, in the same round"}};
    // First of all: it starts processes, which must not happen beside threads.
    const idle_cost idle = measure_idle(o.idle_connections);
    const tls_files files;
    series plain, tls;
    exchange_shape tls_shape = o.shape;
    tls_shape.tls = true;
    for (std::size_t i = 0; i < o.rounds; ++i) {
        run_round(plain, o.shape, files);
        run_round(tls, tls_shape, files);
        say("round", i + 1, o.rounds);
    }
    add_series(out, "http", plain);
    add_series(out, "https (TLS 1.3)", tls);
    out.figures.push_back(beside("https client over http client", tls.client, plain.client));
    out.figures.push_back(beside("https server over http server", tls.server, plain.server));
    out.figures.push_back(beside("the same of the raw exchange, client", tls.raw_client, plain.raw_client));
    const std::string many = fmt::format("{} idle connections, memory of one, ", idle.connections);
    out.figures.push_back({many + "server", idle.server_bytes / 1024, "KiB", {}, {}, 0});
    out.figures.push_back({many + "client", idle.client_bytes / 1024, "KiB", {}, {}, 0});
    print(out, o.json);
    return 0;
}

}  // namespace

void add_http(CLI::App& app, action& run) {
    auto o = std::make_shared<http_options>();
    CLI::App* sub =
        app.add_subcommand("http", "HTTP client and server beside a raw exchange of the same bytes");
    sub->add_option("--rounds", o->rounds, "How often everything is measured, in turns")
        ->check(CLI::Range(1, 1000));
    sub->add_option("--connections", o->shape.connections, "Connections of one thread a side")
        ->check(CLI::Range(1, 4096));
    sub->add_option("--requests", o->shape.requests, "Requests of one measurement")
        ->check(CLI::Range(1'000, 100'000'000));
    sub->add_option("--idle", o->idle_connections, "Idle keep-alive connections whose memory is measured")
        ->check(CLI::Range(100, 100'000));
    sub->add_flag("--json", o->json, "One JSON object instead of a table");
    sub->callback([o, &run] { run = [o] { return run_http(*o); }; });
}

}  // namespace trainyard::bench
