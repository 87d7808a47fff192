// `trainyard submit`: checks messages as the dispatcher will, then sends them to a queue of the fleet.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <set>

#include "aws/transport/http_options.hpp"
#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/submit_messages.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/dispatcher/core.hpp"
#include "scheduler/dispatcher/links.hpp"

namespace trainyard::cli {

extern const char* const message_schema;  // ops/message.schema.json

namespace {

constexpr duration wait_poll = std::chrono::milliseconds{500};

struct submit_arguments {
    std::string config, queue, group = "trainyard";
    std::vector<std::string> files, sweeps;
    bool json = false, schema = false, wait = false;
};

task<void> pause_until(mono_time until) {
    co_await io::sleep_until(until);
}

struct outcome {
    std::optional<error> failed;
    std::vector<std::string> message_ids;
};

task<result<std::vector<std::string>>> send_all(aws::sqs::client& client, const std::string& url,
                                                const std::vector<std::string>& bodies,
                                                const std::string& group) {
    std::vector<std::string> sent;
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
        for (const auto& s : answer->successful) sent.push_back(s.message_id);
        if (!answer->failed.empty())
            co_return error{errc::internal,
                            fmt::format("{} messages were sent, then SQS refused one: {} {}", sent.size(),
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
            const std::string url = q.url;
            auto sent = co_await send_all(q.client, url, bodies, group);
            if (sent) out.message_ids = std::move(*sent);
            if (!sent) out.failed = sent.error();
        }
    }
    co_await identity.close();
    co_await http.close();
}

// Texts of every file, as messages; templates are expanded.
result<std::vector<std::string>> read_messages(const submit_arguments& a) {
    std::vector<std::string> bodies;
    for (const std::string& file : a.files) {
        const auto text = read_text(file);
        if (!text) return text.error();
        auto some = split_messages(*text, file);
        if (!some) return some.error();
        bodies.insert(bodies.end(), std::make_move_iterator(some->begin()),
                      std::make_move_iterator(some->end()));
    }
    if (a.sweeps.empty()) return bodies;
    std::vector<sweep_axis> axes;
    for (const std::string& s : a.sweeps) {
        auto axis = parse_sweep(s);
        if (!axis) return axis.error();
        axes.push_back(std::move(*axis));
    }
    return expand_sweep(bodies, axes);
}

struct progress {
    std::size_t ended = 0, succeeded = 0, running = 0, pending = 0;
};

progress count_jobs(const std::string& lines, const std::set<std::string>& wanted) {
    progress p;
    for (std::size_t at = 0; at < lines.size();) {
        const std::size_t end = std::min(lines.find('\n', at), lines.size());
        const auto document = json::document::parse(std::string_view{lines}.substr(at, end - at));
        at = end + 1;
        if (!document) continue;
        const json::value j = document->root();
        if (!wanted.contains(std::string{j.find("message_id").string().value_or("")})) continue;
        const auto s = lifecycle::parse_state(j.find("state").string().value_or(""));
        if (!s) continue;
        if (is_terminal(*s))
            ++p.ended;
        else if (*s == lifecycle::state::pending)
            ++p.pending;
        else
            ++p.running;
        if (*s == lifecycle::state::succeeded) ++p.succeeded;
    }
    return p;
}

// Until every job of these messages has ended; 1 unless all succeeded.
int wait_for_jobs(const config::fleet& fleet, const std::vector<std::string>& message_ids, bool json) {
    const std::set<std::string> wanted{message_ids.begin(), message_ids.end()};
    const bool terminal = isatty(STDERR_FILENO) != 0;
    std::string shown;
    for (;;) {
        const auto lines = fetch_jobs(fleet, jobs_source::dispatcher);
        if (!lines) return complain(lines.error());
        const progress p = count_jobs(*lines, wanted);
        std::string text =
            fmt::format("{} of {} ended, {} running, {} waiting, {} not yet received", p.ended, wanted.size(),
                        p.running, p.pending, wanted.size() - p.ended - p.running - p.pending);
        if (terminal && text != shown) std::cerr << "\r\033[K" << text << std::flush;
        shown = std::move(text);
        if (p.ended == wanted.size()) {
            if (terminal) std::cerr << "\n";
            if (json) {
                json::writer w;
                w.begin_object().member("jobs", wanted.size()).member("succeeded", p.succeeded);
                std::cout << w.end_object().text() << std::endl;
            } else {
                std::cout << p.succeeded << " of " << wanted.size() << " succeeded" << std::endl;
            }
            return p.succeeded == wanted.size() ? exit_code::done : exit_code::work_failed;
        }
        boost::asio::io_context io;
        io::task_group group{io};
        const mono_time until = io::real_clock().mono() + wait_poll;
        group.spawn([until] { return pause_until(until); });
        io.run();
    }
}

int run_submit(const submit_arguments& a) {
    if (a.schema) {
        std::cout << message_schema << std::flush;
        return exit_code::done;
    }
    if (a.config.empty()) return complain(exit_code::usage, "--config is required");
    if (a.files.empty()) return complain(exit_code::usage, "no file; - is standard input");
    auto fleet = load_fleet(a.config);
    if (!fleet) return complain(fleet.error());
    const std::string queue = a.queue.empty() ? fleet->queues.front().name : a.queue;
    std::erase_if(fleet->queues, [&](const config::queue& q) { return q.name != queue; });
    if (fleet->queues.empty())
        return complain(exit_code::usage, fmt::format("{} has no queue {}", a.config, queue));
    // Only the queue itself is needed here.
    fleet->events.clear();
    auto bodies = read_messages(a);
    if (!bodies) return complain(bodies.error());
    const dispatcher::core checks{*fleet, {}, 0, {}};
    for (std::size_t i = 0; i < bodies->size(); ++i) {
        lifecycle::incoming_message m;
        m.queue = queue;
        m.body = (*bodies)[i];
        const auto admission = lifecycle::admit(m, checks.rules(queue));
        if (admission.refused)
            return complain(exit_code::usage,
                            fmt::format("{}: message {}: {}: {}; nothing was sent", a.files.front(), i + 1,
                                        admission.refused->pointer, admission.refused->reason));
    }
    if (a.wait)
        if (const auto reachable = fetch_jobs(*fleet, jobs_source::dispatcher); !reachable)
            return complain(
                with_context(reachable.error(), "--wait asks the running dispatcher; nothing was sent"));
    boost::asio::io_context io;
    http::client http{io, aws::service_client_options(aws::process_environment())};
    outcome out;
    io::task_group group{io};
    group.spawn([&] { return submit(*fleet, *bodies, a.group, io, http, out); });
    io.run();
    if (out.failed) return complain(*out.failed);
    if (a.json) {
        json::writer w;
        w.begin_object().member("queue", queue).member("sent", out.message_ids.size()).end_object();
        std::cout << w.text() << std::endl;
    } else {
        std::cout << "sent " << out.message_ids.size() << " to " << queue << std::endl;
    }
    return a.wait ? wait_for_jobs(*fleet, out.message_ids, a.json) : exit_code::done;
}

}  // namespace

void add_submit(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("submit", "Check job messages and send them to a queue of the fleet");
    auto a = std::make_shared<submit_arguments>();
    cmd->add_option("-c,--config", a->config, "The fleet file (YAML)");
    cmd->add_option("--queue", a->queue, "Queue name; the fleet's first queue unless given");
    cmd->add_option("--group", a->group, "Message group on a FIFO queue");
    cmd->add_option("file", a->files,
                    "Files with a JSON object, or one object per line; - for standard input");
    cmd->add_option("--sweep", a->sweeps,
                    "NAME=VALUE,...: one message for every value, in place of ${sweep.NAME}; given more than "
                    "once, for every combination")
        ->allow_extra_args(false);
    cmd->add_flag("--wait", a->wait, "Until every job has ended; exit code 1 unless all succeeded");
    cmd->add_flag("--schema", a->schema, "Print the JSON Schema of a message");
    cmd->add_flag("--json", a->json, "One JSON object");
    cmd->callback([&run, a] { run = [a] { return run_submit(*a); }; });
}

}  // namespace trainyard::cli
