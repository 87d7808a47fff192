// trainyard-bench queue: how much a queue, its server and this client carry, and at what cost.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>

#include "bench/commands.hpp"
#include "bench/queue_run.hpp"
#include "bench/server_process.hpp"

namespace trainyard::bench {
namespace {

const std::map<std::string, queue_mode> modes{
    {"send", queue_mode::send},           {"receive", queue_mode::receive}, {"delete", queue_mode::erase},
    {"roundtrip", queue_mode::roundtrip}, {"fill", queue_mode::fill},       {"many", queue_mode::many}};

const std::map<std::string, queue_client> clients{{"calls", queue_client::calls},
                                                  {"consumer", queue_client::consumer}};

struct queue_arguments {
    queue_plan plan;
    bool json = false;
    std::string html;
};

int run(const queue_arguments& a, std::uint64_t (*count_allocations)()) {
    const auto outcome = run_queue(a.plan, count_allocations);
    if (!outcome) {
        std::fprintf(stderr, "trainyard-bench queue: %s\n", outcome.error().message.c_str());
        switch (outcome.error().code) {
            case errc::invalid_argument:
            case errc::permission: return 2;
            case errc::unreachable: return 3;
            default: return 1;
        }
    }
    const report r = queue_report(a.plan, *outcome);
    if (!a.html.empty()) {
        std::ofstream file(a.html, std::ios::binary);
        file << queue_html(a.plan, *outcome, r);
        if (!file.flush()) {
            std::fprintf(stderr, "trainyard-bench queue: %s cannot be written\n", a.html.c_str());
            return 1;
        }
    }
    print(r, a.json);
    return 0;
}

void add_load_options(CLI::App& sub, queue_plan& p) {
    sub.add_option_function<std::string>(
           "--mode", [&p](const std::string& name) { p.mode = modes.at(name); },
           "send; receive (from a backlog that stays); delete (receive and delete a backlog); roundtrip "
           "(send, "
           "receive, delete); fill (send a backlog and leave it); many (round trips on few of many "
           "queues, beside the few alone)")
        ->check(CLI::IsMember(modes))
        ->default_str("roundtrip");
    sub.add_option_function<std::string>(
           "--client", [&p](const std::string& name) { p.client = clients.at(name); },
           "What receives and deletes. calls: one receive, then its delete, on each connection; consumer: "
           "polls "
           "beside each other, deletes in full batches")
        ->check(CLI::IsMember(clients))
        ->default_str("consumer");
    sub.add_option("--linger-ms", p.linger_ms, "How long the consumer's batches wait for company")
        ->check(CLI::Range(0.0, 10'000.0))
        ->capture_default_str();
    sub.add_flag("--fifo", p.fifo, "FIFO queues");
    sub.add_option("--rate", p.rate, "Open loop: send so many messages/s whatever comes back; 0: closed loop")
        ->check(CLI::Range(0.0, 1e8));
    sub.add_option("--body-bytes", p.body_bytes, "Of one message")
        ->check(CLI::Range(body_bytes_min, std::size_t{1} << 20U))
        ->capture_default_str();
    sub.add_option("--batch", p.batch, "Messages a call")->check(CLI::Range(1, 10))->capture_default_str();
    sub.add_option("--connections", p.connections, "Calls at once, of all threads together")
        ->check(CLI::Range(1, 4096))
        ->capture_default_str();
    sub.add_option("--threads", p.threads, "Client threads")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    sub.add_option("--queues", p.queues, "Queues, made for the run")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    sub.add_option("--busy", p.busy, "--mode many: of the queues")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    sub.add_option("--groups", p.groups, "FIFO: message groups of a queue")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    sub.add_option("--messages", p.messages,
                   "Of the backlog of --mode receive and delete; anew for each round of "
                   "delete")
        ->check(CLI::Range(1, 100'000'000))
        ->capture_default_str();
    sub.add_option("--duration", p.seconds, "Seconds of all rounds together, at most")
        ->check(CLI::Range(0.1, 86'400.0))
        ->capture_default_str();
    sub.add_option("--warmup", p.warm_seconds, "Seconds before the first round that are not measured")
        ->check(CLI::Range(0.1, 3'600.0))
        ->capture_default_str();
    sub.add_option("--rounds", p.rounds, "Parts of the duration; the spread and `compare` live on them")
        ->check(CLI::Range(1, 1'000))
        ->capture_default_str();
    sub.add_option("--seed", p.seed, "Of what is random, and in the names of the queues")
        ->capture_default_str();
    sub.add_flag("--floor", p.floor,
                 "--mode delete: measure in turns what a raw exchange of the same bytes with "
                 "its hashes costs");
}

void add_target_options(CLI::App& sub, queue_plan& p) {
    sub.add_option("--endpoint", p.endpoint,
                   "Whose queues: a URL, or aws for the region's own; none: a local server "
                   "that is started for the run");
    sub.add_option("--region", p.region, "Instead of AWS_REGION and the profile's");
    sub.add_option("--profile", p.profile, "Whose credentials; none: the usual chain");
    sub.add_option("--queue-url", p.queue_urls,
                   "Use this queue instead of making any; repeatable. All its messages "
                   "are received and deleted");
    sub.add_flag("--force", p.force, "Although a queue of --queue-url is not empty");
    sub.add_option("--program", p.program, "The trainyard program, for the local server")
        ->capture_default_str();
}

}  // namespace

void add_queue(CLI::App& app, action& run_it, std::uint64_t (*count_allocations)()) {
    auto a = std::make_shared<queue_arguments>();
    a->plan.program = beside_this_program("trainyard");
    CLI::App* sub = app.add_subcommand("queue", "How much queues and this client carry, and at what cost");
    add_load_options(*sub, a->plan);
    add_target_options(*sub, a->plan);
    sub->add_flag("--json", a->json, "One JSON object instead of a table");
    sub->add_option("--report", a->html, "Also an HTML file with plots and the run's manifest");
    sub->callback([a, &run_it, count_allocations] {
        run_it = [a, count_allocations] { return run(*a, count_allocations); };
    });
}

}  // namespace trainyard::bench
