// `trainyard submit`: checks messages as the dispatcher will, then sends them to a queue of the fleet.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>

#include "aws/transport/http_options.hpp"
#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/dispatcher/core.hpp"
#include "scheduler/dispatcher/links.hpp"

namespace trainyard::cli {
namespace {

struct submit_arguments {
    std::string config, queue, file, group = "trainyard";
    bool json = false;
};

// One message per JSON object: a file is one object over any number of lines, or one object per line.
result<std::vector<std::string>> split(const std::string& text, const std::string& file) {
    if (json::document::parse(text)) return std::vector<std::string>{text};
    std::vector<std::string> out;
    std::size_t number = 0;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        at = end + 1;
        ++number;
        if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
        if (auto parsed = json::document::parse(line); !parsed)
            return with_context(parsed.error(), fmt::format("{}:{}", file, number));
        out.push_back(std::move(line));
    }
    if (out.empty()) return error{errc::invalid_argument, file + " holds no message"};
    return out;
}

struct outcome {
    std::optional<error> failed;
    std::size_t sent = 0;
};

task<result<std::size_t>> send_all(aws::sqs::client& client, const std::string& url,
                                   const std::vector<std::string>& bodies, const std::string& group) {
    std::size_t sent = 0;
    for (std::size_t at = 0; at < bodies.size();) {
        std::vector<aws::sqs::send_entry> entries;
        std::size_t bytes = 0;
        for (; at < bodies.size() && entries.size() < aws::sqs::batch_entries_max; ++at) {
            bytes += bodies[at].size();
            if (bytes > aws::sqs::batch_bytes_max && !entries.empty()) break;
            aws::sqs::send_entry e;
            e.id = std::to_string(entries.size());
            e.body = bodies[at];
            if (url.ends_with(".fifo")) {
                e.group_id = group;
                e.deduplication_id = fmt::format("{:016x}{:016x}", entropy_seed(), entropy_seed());
            }
            entries.push_back(std::move(e));
        }
        const mono_time deadline = io::real_clock().mono() + std::chrono::seconds{30};
        const auto answer = co_await client.send_batch(url, std::move(entries), deadline);
        if (!answer) co_return aws::to_error(answer.error());
        sent += answer->successful.size();
        if (!answer->failed.empty())
            co_return error{errc::internal,
                            fmt::format("{} messages were sent, then SQS refused one: {} {}", sent,
                                        answer->failed.front().code, answer->failed.front().message)};
    }
    co_return sent;
}

task<void> submit(const config::fleet& fleet, std::vector<std::string> bodies, std::string group,
                  boost::asio::io_context& io, http::client& http, outcome& out) {
    const aws::environment& env = aws::process_environment();
    metrics::registry registry;
    const auto retries = aws::read_retry_settings(env);
    aws::transport transport{http, io::real_clock(), registry, entropy_seed(),
                             retries ? *retries : aws::retry_settings{}};
    aws::identity identity{io, http, transport, env, entropy_seed()};
    auto who = identity.open();
    if (!retries) {
        out.failed = retries.error();
    } else if (!who) {
        out.failed = who.error();
    } else {
        const auto base = *who;
        const mono_time deadline = io::real_clock().mono() + std::chrono::seconds{20};
        auto links = co_await dispatcher::connect(fleet, transport, env, identity, base, deadline);
        if (!links) {
            out.failed = links.error();
        } else {
            dispatcher::queue_link& q = links->queues.begin()->second;
            const auto sent = co_await send_all(q.client, q.url, bodies, group);
            if (sent) out.sent = *sent;
            if (!sent) out.failed = sent.error();
        }
    }
    co_await identity.close();
    co_await http.close();
}

int run_submit(const submit_arguments& a) {
    auto fleet = load_fleet(a.config);
    if (!fleet) return complain(fleet.error());
    const std::string queue = a.queue.empty() ? fleet->queues.front().name : a.queue;
    std::erase_if(fleet->queues, [&](const config::queue& q) { return q.name != queue; });
    if (fleet->queues.empty())
        return complain(exit_code::usage, fmt::format("{} has no queue {}", a.config, queue));
    const auto text = read_text(a.file);
    if (!text) return complain(text.error());
    auto bodies = split(*text, a.file);
    if (!bodies) return complain(bodies.error());
    const dispatcher::core checks{*fleet, {}, 0, {}};
    for (std::size_t i = 0; i < bodies->size(); ++i) {
        lifecycle::incoming_message m;
        m.queue = queue;
        m.body = (*bodies)[i];
        const auto admission = lifecycle::admit(m, checks.rules(queue));
        if (admission.refused)
            return complain(exit_code::usage,
                            fmt::format("{}: message {}: {}: {}; nothing was sent", a.file, i + 1,
                                        admission.refused->pointer, admission.refused->reason));
    }
    boost::asio::io_context io;
    http::client http{io, aws::service_client_options(aws::process_environment())};
    outcome out;
    io::task_group group{io};
    group.spawn([&] { return submit(*fleet, *bodies, a.group, io, http, out); });
    io.run();
    if (out.failed) return complain(*out.failed);
    if (a.json) {
        json::writer w;
        w.begin_object().member("queue", queue).member("sent", out.sent).end_object();
        std::cout << w.text() << std::endl;
    } else {
        std::cout << "sent " << out.sent << " to " << queue << std::endl;
    }
    return exit_code::done;
}

}  // namespace

void add_submit(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("submit", "Check job messages and send them to a queue of the fleet");
    auto a = std::make_shared<submit_arguments>();
    cmd->add_option("-c,--config", a->config, "The fleet file (YAML)")->required();
    cmd->add_option("--queue", a->queue, "Queue name; the fleet's first queue unless given");
    cmd->add_option("--group", a->group, "Message group on a FIFO queue");
    cmd->add_option("file", a->file, "A JSON object, or one object per line; - for standard input")
        ->required();
    cmd->add_flag("--json", a->json, "One JSON object");
    cmd->callback([&run, a] { run = [a] { return run_submit(*a); }; });
}

}  // namespace trainyard::cli
