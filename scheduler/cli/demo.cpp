// `trainyard demo`: the whole of it on one machine. A local AWS, real messages, signed HTTP, the production
// dispatcher; then the local AWS's own record says whether anything was lost or started twice.
#include <fmt/format.h>
#include <stdlib.h>
#include <unistd.h>
#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <filesystem>
#include <fstream>
#include <future>
#include <iostream>
#include <set>

#include "aws/sqs/client.hpp"
#include "engine/base/json.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/runtime.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/demo_workload.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/dispatcher/run.hpp"

namespace trainyard::cli {
namespace {

struct demo_arguments {
    std::size_t jobs = 2000;
    std::uint64_t seed = 1;
    bool keep = false, json = false;
};

constexpr duration send_timeout = std::chrono::seconds{60};

// What the local AWS saw, read on its own thread.
struct aws_record {
    aws::local::world_stats stats;
    std::vector<aws::local::accepted_create> creates;
};

// The local AWS on a thread of its own.
class demo_aws {
public:
    explicit demo_aws(std::uint64_t seed) : thread_("local-aws"), group_(thread_.context()) {
        world_ = std::make_unique<aws::local::world>(thread_.context(), io::real_clock(), demo_world(seed),
                                                     registry_);
    }
    result<std::uint16_t> listen() {
        return on_thread<result<std::uint16_t>>([this] { return world_->listen("127.0.0.1", 0); });
    }
    aws_record record() {
        return on_thread<aws_record>([this] { return aws_record{world_->stats(), world_->creates()}; });
    }
    void close() {
        std::promise<void> done;
        group_.spawn([this, &done] { return close_world(done); });
        done.get_future().wait();
        thread_.join();
    }

private:
    template <class T, class F>
    T on_thread(F f) {
        std::promise<T> answer;
        boost::asio::post(thread_.context(), [&] { answer.set_value(f()); });
        return answer.get_future().get();
    }
    task<void> close_world(std::promise<void>& done) {
        const mono_time grace = io::real_clock().mono() + std::chrono::seconds{2};
        co_await world_->shutdown(grace);
        done.set_value();
    }
    metrics::registry registry_;
    io::io_thread thread_;
    io::task_group group_;
    std::unique_ptr<aws::local::world> world_;
};

task<result<void>> send_queue(aws::sqs::client& client, std::string name,
                              std::map<std::string, std::string> attributes,
                              const std::vector<demo_message>& messages) {
    const mono_time deadline = io::real_clock().mono() + send_timeout;
    const auto url = co_await client.create_queue(name, attributes, deadline);
    if (!url) co_return aws::to_error(url.error());
    std::vector<aws::sqs::send_entry> entries;
    std::size_t number = 0, left = 0;
    for (const demo_message& m : messages) left += m.queue == name ? 1 : 0;
    for (const demo_message& m : messages) {
        if (m.queue != name) continue;
        aws::sqs::send_entry e;
        e.id = std::to_string(entries.size());
        e.body = m.body;
        e.group_id = m.group;
        if (!m.group.empty()) e.deduplication_id = fmt::format("demo-{}", number);
        ++number;
        entries.push_back(std::move(e));
        if (entries.size() < aws::sqs::batch_entries_max && number < left) continue;
        std::vector<aws::sqs::send_entry> full = std::exchange(entries, {});
        const std::size_t asked = full.size();
        const auto sent = co_await client.send_batch(*url, std::move(full), deadline);
        if (!sent) co_return aws::to_error(sent.error());
        if (sent->successful.size() != asked)
            co_return error{errc::internal, "the local SQS refused a message of the demo"};
    }
    co_return result<void>{};
}

// Provisions the queues and sends every message, as a user's own program would.
task<void> send_everything(boost::asio::io_context& io, const demo_environment& env,
                           const std::vector<demo_message>& messages, result<void>& outcome) {
    http::client http{io, {}};
    metrics::registry registry;
    aws::transport transport{http, io::real_clock(), registry, 1};
    auto keys = aws::read_environment_keys(env);
    const auto where = aws::resolve_endpoint("sqs", demo_region, env);
    if (!keys) {
        outcome = keys.error();
    } else if (!where) {
        outcome = where.error();
    } else {
        aws::sqs::client client{transport, *where, aws::make_static_provider(std::move(*keys), "demo")};
        const std::map<std::string, std::string> standard, fifo{{"FifoQueue", "true"}};
        const std::string rejected = "demo-rejected", jobs = "demo-jobs", ordered = "demo-jobs.fifo";
        outcome = co_await send_queue(client, rejected, standard, messages);
        if (outcome) outcome = co_await send_queue(client, jobs, standard, messages);
        if (outcome) outcome = co_await send_queue(client, ordered, fifo, messages);
    }
    co_await http.close();
}

// One line that rewrites itself on a terminal; nothing elsewhere.
task<void> show_progress(const dispatcher::run_instance& instance, std::size_t jobs, mono_time began) {
    const bool terminal = isatty(STDERR_FILENO) == 1;
    while (terminal) {
        const auto p = instance.snapshot();
        const double seconds = std::chrono::duration<double>(io::real_clock().mono() - began).count();
        constexpr std::size_t width = 30;
        const std::size_t full = std::min(width, jobs == 0 ? width : p.ended * width / jobs);
        std::cerr << fmt::format("\r[{}{}] {}/{} ended, {} running, {} waiting, {:.1f} s ",
                                 std::string(full, '#'), std::string(width - full, '.'), p.ended, jobs,
                                 p.active, p.pending, seconds)
                  << std::flush;
        const mono_time until = io::real_clock().mono() + std::chrono::milliseconds{100};
        if (!co_await io::sleep_until(until)) break;
    }
    if (terminal) std::cerr << "\r\033[K" << std::flush;
}

task<void> run_demo_dispatcher(boost::asio::io_context& io, dispatcher::run_instance& instance,
                               std::size_t jobs, dispatcher::run_report& report,
                               std::optional<io::signal_watch>& signals) {
    io::task_group display{io};
    const mono_time began = io::real_clock().mono();
    display.spawn([&] { return show_progress(instance, jobs, began); });
    report = co_await instance.run();
    display.cancel();
    co_await display.join();
    signals.reset();
}

struct demo_summary {
    std::size_t jobs = 0, succeeded = 0, failed = 0, rejected = 0, terminal = 0, duplicated = 0;
    std::size_t lost() const { return jobs - std::min(jobs, terminal); }
    double seconds = 0;
    aws_record record;
    dispatcher::run_report run;
};

// The verdict comes from the local AWS's record, not from what the dispatcher believes.
demo_summary judge(std::size_t jobs, double seconds, const dispatcher::run_report& run, aws_record record) {
    demo_summary s;
    s.jobs = jobs;
    s.seconds = seconds;
    s.run = run;
    for (const auto& [state, n] : run.jobs_by_state) {
        const auto parsed = lifecycle::parse_state(state);
        if (parsed && is_terminal(*parsed)) s.terminal += n;
        if (state == "succeeded") s.succeeded = n;
        if (state == "rejected") s.rejected = n;
    }
    s.failed = s.terminal - s.succeeded - s.rejected;
    std::set<std::pair<std::string, std::string>> attempts;
    for (const auto& c : record.creates) {
        const auto job = c.tags.find("trainyard:job"), attempt = c.tags.find("trainyard:attempt");
        const bool tagged = job != c.tags.end() && attempt != c.tags.end();
        if (!tagged || !attempts.emplace(job->second, attempt->second).second) ++s.duplicated;
    }
    s.record = std::move(record);
    return s;
}

void print_json(const demo_summary& s) {
    json::writer w;
    w.begin_object().member("jobs", s.jobs).member("succeeded", s.succeeded).member("failed", s.failed);
    w.member("rejected", s.rejected).member("lost", s.lost()).member("duplicated", s.duplicated);
    w.member("wall_seconds", s.seconds).member("jobs_per_second", static_cast<double>(s.jobs) / s.seconds);
    w.member("attempts", s.record.creates.size())
        .member("requests", static_cast<std::int64_t>(s.record.stats.requests));
    w.member("signatures_verified", static_cast<std::int64_t>(s.record.stats.signatures_verified))
        .end_object();
    std::cout << w.text() << std::endl;
}

void print_table(const demo_summary& s, const std::string& directory, bool keep) {
    std::cout << fmt::format(
        "jobs {}  succeeded {}  failed {}  rejected {}  lost {} duplicated {}\n"
        "wall {:.1f} s  {:.0f} jobs/s  {} attempts started  {} waited for quota\n"
        "{} requests to the local AWS, {} signatures verified\n",
        s.jobs, s.succeeded, s.failed, s.rejected, s.lost(), s.duplicated, s.seconds,
        static_cast<double>(s.jobs) / s.seconds, s.record.creates.size(), s.run.counts.refused_by_quota,
        s.record.stats.requests, s.record.stats.signatures_verified);
    std::cout << "\nWhere to look next:\n"
                 "  trainyard local --help   the local AWS, for your own tests\n"
                 "  trainyard run --help     the dispatcher, for your own accounts\n"
                 "  README.md                a fleet file to start from\n";
    if (keep) std::cout << "  trainyard jobs -c " << directory << "/fleet.yaml   every job of this demo\n";
    std::cout.flush();
}

int run_demo(const demo_arguments& a) {
    std::string pattern = (std::filesystem::temp_directory_path() / "trainyard-demo-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
        return complain(exit_code::work_failed, "cannot make a directory under the temporary directory");
    const std::filesystem::path directory = pattern;
    const std::string yaml = demo_fleet_yaml((directory / "ledger.db").string());
    std::ofstream{directory / "fleet.yaml"} << yaml;
    auto fleet = config::parse_fleet(yaml, "demo fleet", directory.string(), {});
    if (!fleet) return complain(fleet.error());

    demo_aws local{a.seed};
    const auto port = local.listen();
    if (!port) {
        local.close();
        return complain(port.error());
    }
    const demo_environment env{fmt::format("http://127.0.0.1:{}", *port)};
    std::cerr << fmt::format(
        "trainyard: local AWS on http://127.0.0.1:{}; {} jobs of 4 tenants over 3 accounts x 2 regions, seed "
        "{}\n",
        *port, a.jobs, a.seed);
    const auto messages = demo_messages(a.jobs, a.seed);
    const mono_time began = io::real_clock().mono();

    result<void> sent;
    {
        boost::asio::io_context io;
        io::task_group group{io};
        group.spawn([&] { return send_everything(io, env, messages, sent); });
        io.run();
    }
    dispatcher::run_report report;
    if (sent) {
        boost::asio::io_context io;
        dispatcher::run_options options;
        options.seed = a.seed;
        options.driver.until_idle = true;
        options.driver.poll_wait_seconds = 1;
        options.timing.backoff_base = std::chrono::milliseconds{500};
        dispatcher::run_instance instance{io, std::move(*fleet), options, env};
        std::optional<io::signal_watch> signals;
        signals.emplace(io, [&instance] { instance.stop(); });
        io::task_group group{io};
        group.spawn([&] { return run_demo_dispatcher(io, instance, a.jobs, report, signals); });
        io.run();
    }
    const double seconds = std::chrono::duration<double>(io::real_clock().mono() - began).count();
    aws_record record = local.record();
    local.close();
    std::error_code ignored;
    if (!a.keep) std::filesystem::remove_all(directory, ignored);
    if (!sent) return complain(sent.error());
    if (report.outcome != dispatcher::run_outcome::done)
        return complain(exit_code::work_failed, report.message);
    const demo_summary s = judge(a.jobs, seconds, report, std::move(record));
    if (a.json) {
        print_json(s);
    } else {
        print_table(s, directory.string(), a.keep);
    }
    return s.lost() == 0 && s.duplicated == 0 ? exit_code::done : exit_code::work_failed;
}

}  // namespace

void add_demo(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("demo", "See it work: a local AWS, some thousand jobs, and a verdict");
    auto a = std::make_shared<demo_arguments>();
    cmd->add_option("--jobs", a->jobs, "How many jobs")
        ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}));
    cmd->add_option("--seed", a->seed, "Draws the jobs; the same seed gives the same jobs");
    cmd->add_flag("--keep", a->keep, "Keep the ledger and the fleet file");
    cmd->add_flag("--json", a->json, "The summary as one JSON object");
    cmd->callback([&run, a] { run = [a] { return run_demo(*a); }; });
}

}  // namespace trainyard::cli
