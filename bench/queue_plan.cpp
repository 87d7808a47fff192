#include "bench/queue_plan.hpp"

#include <fmt/format.h>

namespace trainyard::bench {
namespace {

constexpr std::size_t batch_bytes_max = 1U << 20U;  // of SQS

error refuse(std::string why) {
    return {errc::invalid_argument, std::move(why)};
}

}  // namespace

std::string_view to_string(queue_mode m) {
    switch (m) {
        case queue_mode::send: return "send";
        case queue_mode::receive: return "receive";
        case queue_mode::erase: return "delete";
        case queue_mode::roundtrip: return "roundtrip";
        case queue_mode::fill: return "fill";
        case queue_mode::many: return "many";
    }
    return "";
}

std::string_view to_string(queue_client c) {
    return c == queue_client::calls ? "calls" : "consumer";
}

result<void> check(const queue_plan& p) {
    if (p.batch * p.body_bytes > batch_bytes_max)
        return refuse(
            fmt::format("--batch {} of --body-bytes {} is above SQS's 1 MiB a call", p.batch, p.body_bytes));
    if (p.connections < p.threads)
        return refuse(
            fmt::format("--connections {} leave some of --threads {} without one", p.connections, p.threads));
    if (p.rate > 0 && p.mode != queue_mode::send && p.mode != queue_mode::roundtrip)
        return refuse("--rate is of what is sent: --mode send or roundtrip");
    if (p.rate > 0 && p.mode == queue_mode::roundtrip && !p.consumes() && p.connections < 2 * p.threads)
        return refuse(
            "--rate with --mode roundtrip needs two --connections a thread: one sends, one receives");
    if (p.mode == queue_mode::many) {
        if (p.client != queue_client::consumer) return refuse("--mode many is the consumer's");
        if (p.threads != 1) return refuse("--mode many is of one thread");
        if (!p.queue_urls.empty()) return refuse("--mode many makes its queues: no --queue-url");
        if (p.queues <= p.busy)
            return refuse(fmt::format("--queues {} must be above --busy {}", p.queues, p.busy));
    }
    if (p.floor && p.mode != queue_mode::erase) return refuse("--floor is that of --mode delete");
    if (p.floor && !p.endpoint.empty())
        return refuse("--floor is measured beside our own server: no --endpoint");
    if (p.mode == queue_mode::fill && p.endpoint.empty())
        return refuse(
            "--mode fill needs --endpoint: our own server ends with the run, and its queues with it");
    if (!p.queue_urls.empty() && p.endpoint.empty())
        return refuse("--queue-url needs --endpoint, which says whose queues they are");
    for (const auto& url : p.queue_urls)
        if (url.ends_with(".fifo") != p.fifo)
            return refuse(
                url + (p.fifo ? " is not a FIFO queue, but --fifo is set" : " is a FIFO queue: set --fifo"));
    return {};
}

std::vector<std::pair<std::string, std::string>> parameters_of(const queue_plan& p) {
    const auto number = [](auto n) { return fmt::format("{}", n); };
    std::vector<std::pair<std::string, std::string>> out{
        {"mode", std::string{to_string(p.mode)}},
        {"client", std::string{to_string(p.client)}},
        {"queue type", p.fifo ? "FIFO" : "standard"},
        {"loop", p.rate > 0 ? fmt::format("open, {} messages/s", p.rate) : "closed"},
        {"body bytes", number(p.body_bytes)},
        {"batch", number(p.batch)},
        {"connections", number(p.connections)},
        {"threads", number(p.threads)},
        {"queues", number(p.queue_urls.empty() ? p.queues : p.queue_urls.size())},
        {"rounds", number(p.rounds)},
        {"seconds of a round, at most", number(p.window_seconds())},
        {"warm-up seconds", number(p.warm_seconds)},
        {"endpoint", p.endpoint.empty() ? "trainyard local, its own process" : p.endpoint}};
    if (!p.region.empty()) out.emplace_back("region", p.region);
    if (p.mode == queue_mode::many) out.emplace_back("busy queues", number(p.busy));
    if (p.consumes()) out.emplace_back("linger ms", number(p.linger_ms));
    if (p.fifo) out.emplace_back("message groups of a queue", number(p.groups));
    if (p.mode == queue_mode::receive || p.mode == queue_mode::erase || p.mode == queue_mode::fill)
        out.emplace_back("backlog", number(p.messages));
    return out;
}

}  // namespace trainyard::bench
