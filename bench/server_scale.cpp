#include "bench/server_scale.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <list>
#include <vector>

#include "bench/server_process.hpp"
#include "bench/sqs_load.hpp"

namespace trainyard::bench {
namespace {

constexpr double kib = 1024, mib = kib * kib;
constexpr std::size_t groups = 1'000;
constexpr double fill_seconds_max = 600;

result<void> measure_starts(const scale_options& o, report& into) {
    std::vector<double> ready, resident;
    for (std::size_t i = 0; i < o.starts; ++i) {
        const auto server = local_server::start(o.program);
        if (!server) return server.error();
        const auto use = use_of(server->pid());
        if (!use) return use.error();
        ready.push_back(server->ready_seconds() * 1e3);
        resident.push_back(use->resident_bytes / mib);
    }
    into.figures.push_back({"start to listening", median(ready), "ms", {}, {}, spread_of(ready)});
    into.figures.push_back({"resident when ready", median(resident), "MiB", {}, {}, spread_of(resident)});
    return {};
}

// Rate and server CPU of one load, round by round.
struct series {
    std::vector<double> rate, cpu_us;
};

result<void> run_round(const local_server& server, sqs_caller& caller, const std::string& queue,
                       const load_shape& shape, series& into) {
    const auto before = use_of(server.pid());
    const auto cost = run_load(caller, queue, shape);
    const auto after = use_of(server.pid());
    if (!cost) return cost.error();
    if (!before || !after) return error{errc::not_found, "the server has ended"};
    into.rate.push_back(cost->messages / cost->seconds);
    into.cpu_us.push_back((after->cpu_seconds - before->cpu_seconds) * 1e6 / cost->messages);
    return {};
}

// The same load on an empty queue and on one that holds `held` messages, in turns.
result<void> compare(const scale_options& o, const std::string& what, const std::string& suffix,
                     std::size_t held, std::size_t in_groups, report& into) {
    const auto server = local_server::start(o.program);
    if (!server) return server.error();
    sqs_caller caller(server->at());
    const auto empty = caller.open_queue("empty" + suffix), full = caller.open_queue("full" + suffix);
    if (!empty) return empty.error();
    if (!full) return full.error();
    load_shape shape{8, in_groups, true, 0, o.seconds};
    series warm, at_empty, at_full;
    if (const auto ran = run_round(*server, caller, *empty, shape, warm); !ran) return ran.error();
    const auto before = use_of(server->pid());
    const load_shape fill{8, in_groups, false, held, fill_seconds_max};
    if (const auto filled = run_load(caller, *full, fill); !filled) return filled.error();
    const auto after = use_of(server->pid());
    if (!before || !after) return error{errc::not_found, "the server has ended"};
    const double bytes = (after->resident_bytes - before->resident_bytes) / static_cast<double>(held);
    for (std::size_t i = 0; i < o.rounds; ++i) {
        std::fprintf(stderr, "%s, round %zu/%zu\n", what.c_str(), i + 1, o.rounds);
        if (const auto ran = run_round(*server, caller, *empty, shape, at_empty); !ran) return ran.error();
        if (const auto ran = run_round(*server, caller, *full, shape, at_full); !ran) return ran.error();
    }
    into.figures.push_back({what + ": resident memory a message", bytes / kib, "KiB", {}, {}, 0});
    const auto beside_empty = [&](const char* of, const std::vector<double>& value,
                                  const std::vector<double>& floor, const char* unit) {
        const auto ratio = ratios(value, floor);
        into.figures.push_back(
            {what + ": " + of, median(value), unit, median(floor), median(ratio), spread_of(ratio)});
    };
    beside_empty("server CPU a message, floor: of an empty queue", at_full.cpu_us, at_empty.cpu_us, "us");
    beside_empty("messages carried, floor: by an empty queue", at_full.rate, at_empty.rate, "/s");
    return {};
}

// Asks for messages of an empty queue and waits.
class poller : public talker {
public:
    explicit poller(std::string request) : request_(std::move(request)) {}
    bool ask(std::string& out, bool stop) override {
        if (stop || asked_) return false;
        out.append(request_);
        return asked_ = true;
    }
    result<void> answered(int, std::string_view) override {
        return error{errc::corrupt, "a long poll of an empty queue ended at once"};
    }

private:
    std::string request_;
    bool asked_ = false;
};

result<void> measure_polls(const scale_options& o, report& into) {
    constexpr double settle_s = 2, watch_s = 5;  // of the 20 that a poll waits
    const auto server = local_server::start(o.program);
    if (!server) return server.error();
    sqs_caller caller(server->at());
    const auto queue = caller.open_queue("idle");
    if (!queue) return queue.error();
    std::string request;
    caller.append(request, "ReceiveMessage",
                  fmt::format(R"({{"QueueUrl":"{}","WaitTimeSeconds":20}})", *queue));
    std::list<poller> polls;
    closed_loop loop(server->at());
    for (std::size_t i = 0; i < o.polls; ++i) {
        polls.emplace_back(request);
        if (const auto added = loop.add(polls.back()); !added) return added.error();
    }
    if (const auto ran = loop.run(wall_ns() + settle_s * 1e9); !ran) return ran.error();
    const auto before = use_of(server->pid());
    if (const auto ran = loop.run(wall_ns() + watch_s * 1e9); !ran) return ran.error();
    const auto after = use_of(server->pid());
    if (!before || !after) return error{errc::not_found, "the server has ended"};
    into.figures.push_back({fmt::format("{} idle long polls: CPU time a second", o.polls),
                            (after->cpu_seconds - before->cpu_seconds) * 1e3 / watch_s,
                            "ms",
                            {},
                            {},
                            0});
    return {};
}

}  // namespace

result<void> measure_scale(const scale_options& o, report& into) {
    if (o.starts > 0)
        if (const auto done = measure_starts(o, into); !done) return done.error();
    if (o.polls > 0)
        if (const auto done = measure_polls(o, into); !done) return done.error();
    if (o.backlog > 0) {
        const auto what = fmt::format("FIFO, {} messages over {} groups", o.backlog, groups);
        if (const auto done = compare(o, what, ".fifo", o.backlog, groups, into); !done) return done.error();
    }
    if (o.messages > 0) {
        const auto what = fmt::format("{} messages of 300 B", o.messages);
        if (const auto done = compare(o, what, "", o.messages, 0, into); !done) return done.error();
    }
    return {};
}

}  // namespace trainyard::bench
