// `trainyard local`: the local AWS on one port, until SIGINT or SIGTERM.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "aws/local/coverage.hpp"
#include "aws/local/world.hpp"
#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/runtime.hpp"
#include "engine/io/task_group.hpp"
#include "engine/metrics/registry.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/support.hpp"

namespace trainyard::cli {
namespace {

// Running requests, long polls included, get this long to end after a signal.
constexpr std::chrono::seconds shutdown_grace{5};

struct local_arguments {
    std::string host = "127.0.0.1";
    std::uint16_t port = 4566;
    bool no_verify = false, json = false, coverage = false;
    double list_delay = 0;            // seconds
    std::vector<std::string> limits;  // account/region/type[/use]=N
    double role_delay = 0;            // seconds
    std::string issuer_keys_file;
    double quota_approval = 0;  // seconds
    aws::local::world_options world;
};

// {"https://token.example.com": {"keys": [...]}}; the message of what is wrong, else nothing.
std::optional<std::string> read_issuer_keys(const std::string& path,
                                            std::map<std::string, std::string>& into) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) return "--oidc-keys " + path + " cannot be read";
    const auto parsed = json::document::parse(text);
    if (!parsed) return "--oidc-keys " + path + ": " + parsed.error().message;
    const auto issuers = parsed->root().members();
    for (auto at = issuers.begin(); at != issuers.end(); ++at) {
        if (!(*at).find("keys").is_array())
            return "--oidc-keys " + path + ": " + std::string{at.key()} +
                   " needs a key set, {\"keys\": [...]}";
        into[std::string{at.key()}] = json::to_text(*at);
    }
    if (into.empty()) return "--oidc-keys " + path + " must be an object of issuers and their key sets";
    return std::nullopt;
}

// Fills `into`; the message of what is wrong, else nothing.
std::optional<std::string> read_limits(const std::vector<std::string>& texts,
                                       std::map<std::string, std::int64_t>& into) {
    for (const std::string& text : texts) {
        const auto equals = text.rfind('=');
        const std::string key = text.substr(0, equals);
        std::int64_t n = -1;
        if (equals != std::string::npos) {
            const char* last = text.data() + text.size();
            const auto [end, code] = std::from_chars(text.data() + equals + 1, last, n);
            if (code != std::errc{} || end != last) n = -1;
        }
        const auto slashes = std::count(key.begin(), key.end(), '/');
        if (n < 0 || slashes < 2 || slashes > 3)
            return "--limit " + text +
                   " must be account/region/type=N with * for any part, or account/region/type/use=N";
        into[key] = n;
    }
    return std::nullopt;
}

bool is_loopback(const std::string& host) {
    boost::system::error_code failure;
    const auto address = boost::asio::ip::make_address(host, failure);
    return !failure && address.is_loopback();
}

task<void> stop_world(aws::local::world& world) {
    const mono_time grace = io::real_clock().mono() + shutdown_grace;
    co_await world.shutdown(grace);
}

int serve(local_arguments a) {
    boost::asio::io_context io;
    metrics::registry registry;
    bool lost = false;
    a.world.data_failed = [&](const error& e) {
        std::cerr << "trainyard: " << e.message << std::endl;
        lost = true;
    };
    aws::local::world world{io, io::real_clock(), a.world, registry};
    const auto port = world.listen(a.host, a.port);
    if (!port) {
        const std::string in_use = std::make_error_code(std::errc::address_in_use).message();
        if (port.error().message.ends_with(in_use))
            return complain(exit_code::usage,
                            "port " + std::to_string(a.port) + " on " + a.host +
                                " is in use: stop the other process or choose another with --port");
        return complain(exit_code::usage, port.error().message);
    }
    const bool v6 = a.host.find(':') != std::string::npos;
    const std::string url = "http://" + (v6 ? "[" + a.host + "]" : a.host) + ":" + std::to_string(*port);
    if (a.json) {
        json::writer w;
        w.begin_object().member("listening", url).end_object();
        std::cout << w.text() << std::endl;
    } else {
        std::cout << "listening on " << url << std::endl;
    }
    io::task_group tasks{io};
    std::optional<io::signal_watch> signals;
    signals.emplace(io, [&] {
        std::cerr << "trainyard: stopping; a second signal exits at once" << std::endl;
        tasks.spawn([&world] { return stop_world(world); });
    });
    while (tasks.size() == 0 && !lost) io.run_one();  // until the first signal
    if (lost && tasks.size() == 0) tasks.spawn([&world] { return stop_world(world); });
    while (tasks.size() > 0) io.run_one();
    signals.reset();
    io.run();
    return lost ? exit_code::work_failed : exit_code::done;
}

}  // namespace

void add_local(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand(
        "local", "Serve a local AWS: SQS, SageMaker, EventBridge, Service Quotas, IAM and STS");
    auto a = std::make_shared<local_arguments>();
    cmd->add_option("--host", a->host, "IP address to listen on")->capture_default_str();
    cmd->add_option("--port", a->port, "Port; 0 takes any free one")->capture_default_str();
    cmd->add_flag("--no-verify", a->no_verify, "Do not check signatures; believe the credential scope");
    cmd->add_option("--secret", a->world.secret_access_key,
                    "Secret access key of the access key ids \"test\" and of 12 digits (an account)")
        ->capture_default_str();
    cmd->add_flag("--enforce-iam", a->world.identity.enforce,
                  "Check every operation against IAM's policies; the built-in keys are administrators");
    cmd->add_flag("--strict-roles", a->world.identity.strict_roles,
                  "Only roles that were created can be assumed and passed");
    cmd->add_option("--role-delay", a->role_delay, "Seconds until a new role can be assumed and passed")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 3600.0));
    cmd->add_option(
        "--oidc-keys", a->issuer_keys_file,
        "JSON file of the key sets of OpenID Connect issuers; tokens of others are not checked for "
        "their signature");
    cmd->add_option("--time-scale", a->world.time_scale, "SageMaker's time runs this many times as fast")
        ->capture_default_str()
        ->check(CLI::Range(0.001, 1e6));
    cmd->add_option("--instance-limit", a->world.instance_limit,
                    "Instances of each type in use at once, per account and region")
        ->capture_default_str()
        ->check(CLI::NonNegativeNumber);
    cmd->add_option("--limit", a->limits,
                    "An exception: account/region/type[/use]=N, * for any part; repeatable");
    cmd->add_option("--journal", a->world.journal_file, "Append each accepted create and stop to this file");
    cmd->add_option("--data", a->world.data_file,
                    "Keep queues and messages in this file over restarts; without it all is in memory");
    cmd->add_flag("--throttle", a->world.throttle, "Request rates as AWS has them, per account and region");
    cmd->add_option("--rate", a->world.rates,
                    "A request rate: SERVICE.OPERATION=N[/burst], calls a second; repeatable");
    cmd->add_option("--faults", a->world.faults_file, "JSON file of rules of what goes wrong");
    cmd->add_option("--rules", a->world.rules_file, "JSON file of rules of what befalls SageMaker's jobs");
    cmd->add_option("--list-delay", a->list_delay,
                    "Seconds for which SageMaker's listings miss a new job, as they do at times")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 3600.0));
    cmd->add_option(
        "--events", a->world.event_delivery,
        "How EventBridge delivers: loss=0.1,duplicate=0.05,failure=0.2,reorder=0.3,delay=0..5s,seed=1");
    cmd->add_option("--quota-approval", a->quota_approval,
                    "Seconds after which a request for more of a quota is approved")
        ->capture_default_str()
        ->check(CLI::Range(0.0, 31'536'000.0));
    cmd->add_flag("--control", a->world.control,
                  "Serve the control API under /_trainyard/ (clock, faults, rates, reset); loopback only");
    cmd->add_flag("--coverage", a->coverage,
                  "Print what each service here does with each parameter (Markdown), and exit");
    cmd->add_flag("--json", a->json, "Print {\"listening\":URL} instead of the sentence");
    cmd->callback([&run, a] {
        run = [a]() -> int {
            if (a->coverage) {
                std::cout << aws::local::coverage();
                return exit_code::done;
            }
            a->world.verify_signatures = !a->no_verify;
            a->world.seed = entropy_seed();
            a->world.list_delay = std::chrono::round<duration>(std::chrono::duration<double>{a->list_delay});
            a->world.quota_approval = std::chrono::milliseconds{std::llround(a->quota_approval * 1000)};
            if (a->world.control && !is_loopback(a->host))
                return complain(exit_code::usage, "--control is for a loopback --host: " + a->host +
                                                      " may be reached by others");
            a->world.identity.role_delay = std::chrono::milliseconds{std::llround(a->role_delay * 1000)};
            if (!a->issuer_keys_file.empty())
                if (const auto wrong = read_issuer_keys(a->issuer_keys_file, a->world.identity.issuer_keys))
                    return complain(exit_code::usage, *wrong);
            if (const auto wrong = read_limits(a->limits, a->world.instance_limits))
                return complain(exit_code::usage, *wrong);
            return serve(*a);
        };
    });
}

}  // namespace trainyard::cli
