// `trainyard doctor`: with --credentials, where credentials and region come from, as `run` would find them;
// with a fleet file, what about its queues will make trouble.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <optional>

#include "aws/credentials/files.hpp"
#include "aws/identity/identity.hpp"
#include "engine/base/digest.hpp"
#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/doctor_queues.hpp"
#include "scheduler/cli/support.hpp"

namespace trainyard::cli {
namespace {

struct doctor_arguments {
    bool credentials = false, json = false, show_key_id = false;
    std::string profile, config;
};

// A credential_process may take its minute, and a role on top of it.
constexpr duration patience = std::chrono::seconds{90};

struct finding {
    aws::decision where;
    std::optional<sigv4::credentials> keys;
    std::optional<error> problem;
    int code = exit_code::done;
};

// AKIAIOSFODNN7EXAMPLE is shown as AKIA...MPLE.
std::string shortened(const std::string& key) {
    return key.size() < 12 ? "..." : key.substr(0, 4) + "..." + key.substr(key.size() - 4);
}

int code_of_fetch(const aws::decision& d, const error& e) {
    // Instance metadata is looked for where nobody mentioned it: off EC2 its silence means that there are
    // none.
    const auto* instance = std::get_if<aws::instance_source>(&d.plan->base);
    const bool guess = instance != nullptr && !instance->configured && d.plan->roles.empty();
    return guess || e.code == errc::not_found ? exit_code::differences : exit_code::unreachable;
}

task<void> resolve(boost::asio::io_context& io, finding& out) {
    const aws::environment& env = aws::process_environment();
    http::client_options options;
    options.ca_bundle = env.get("AWS_CA_BUNDLE");
    http::client http{io, options};
    metrics::registry registry;
    aws::transport transport{http, io::real_clock(), registry, entropy_seed()};
    aws::identity identity{io, http, transport, env, entropy_seed()};
    auto provider = identity.open(out.where);
    if (!provider) {
        out.problem = provider.error();
        const bool none = !out.where.malformed && !out.where.plan;
        out.code = none ? exit_code::differences : exit_code::usage;
    } else {
        const mono_time deadline = io::real_clock().mono() + patience;
        auto keys = co_await (*provider)->get(deadline);
        if (keys) {
            out.keys = **keys;
        } else {
            out.problem = keys.error();
            out.code = code_of_fetch(out.where, keys.error());
        }
    }
    co_await identity.close();
    co_await http.close();
}

void print_json(const finding& f, bool show_key_id) {
    const auto& d = f.where;
    const auto optional = [](json::writer& w, const char* key, const std::string& text) {
        w.key(key);
        text.empty() ? w.null() : w.string(text);
    };
    json::writer w;
    w.begin_object().member("found", f.keys.has_value());
    optional(w, "source", d.plan ? d.plan->kind : "");
    optional(w, "description", d.plan ? d.plan->description : "");
    w.key("profile").begin_object();
    w.member("name", d.profile.value).member("origin", d.profile.origin).end_object();
    w.key("region").begin_object();
    optional(w, "name", d.region.value);
    optional(w, "origin", d.region.origin);
    w.end_object();
    w.key("roles").begin_array();
    if (d.plan)
        for (const auto& r : d.plan->roles) w.string(r.role_arn);
    w.end_array();
    if (f.keys) {
        w.member("access_key_id", show_key_id ? f.keys->access_key_id : shortened(f.keys->access_key_id));
        w.member("temporary", !f.keys->session_token.empty());
        optional(w, "expires_at", f.keys->expires_at ? to_iso8601(*f.keys->expires_at) : "");
        if (show_key_id) {
            w.member("secret_sha256", sha256_hex(f.keys->secret_access_key.reveal()));
            optional(w, "token_sha256",
                     f.keys->session_token.empty() ? "" : sha256_hex(f.keys->session_token.reveal()));
        }
    }
    w.key("looked").begin_array();
    for (const auto& p : d.looked)
        w.begin_object().member("place", p.name).member("verdict", p.verdict).end_object();
    w.end_array();
    optional(w, "error", f.problem ? f.problem->message : "");
    w.end_object();
    std::cout << w.text() << std::endl;
}

void print_text(const finding& f, bool show_key_id) {
    const auto& d = f.where;
    const auto line = [](std::string_view label, std::string_view text) {
        std::cout << fmt::format("{:<12} {}\n", label, text);
    };
    line("profile", fmt::format("{} ({})", d.profile.value, d.profile.origin));
    line("region", d.region.value.empty() ? "none: set AWS_REGION, or region in the profile"
                                          : fmt::format("{} ({})", d.region.value, d.region.origin));
    for (const auto& p : d.looked) line("looked at", fmt::format("{}: {}", p.name, p.verdict));
    if (d.plan) line("source", d.plan->description);
    if (f.keys) {
        line("access key", show_key_id ? f.keys->access_key_id : shortened(f.keys->access_key_id));
        line("expires", f.keys->expires_at ? to_iso8601(*f.keys->expires_at) : "never");
        if (show_key_id) {
            line("secret", "sha256 " + sha256_hex(f.keys->secret_access_key.reveal()));
            if (!f.keys->session_token.empty())
                line("token", "sha256 " + sha256_hex(f.keys->session_token.reveal()));
        }
    }
    std::cout << std::flush;
}

int run_doctor(const doctor_arguments& a) {
    if (!a.credentials && a.config.empty())
        return complain(exit_code::usage, "say what to look at: --credentials, or a fleet file with -c");
    if (!a.config.empty()) return examine_queues(a.config, a.json);
    finding f;
    f.where = aws::decide(aws::read_chain_input(aws::process_environment(), a.profile));
    boost::asio::io_context io;
    io::task_group group{io};
    group.spawn([&] { return resolve(io, f); });
    io.run();
    a.json ? print_json(f, a.show_key_id) : print_text(f, a.show_key_id);
    return f.problem ? complain(f.code, f.problem->message) : f.code;
}

}  // namespace

void add_doctor(CLI::App& app, action& run) {
    CLI::App* cmd =
        app.add_subcommand("doctor", "Say where credentials come from, or what is wrong with queues");
    cmd->footer(
        "Exit codes: 0 credentials were found, or nothing is wrong with the queues; 2 the configuration is "
        "wrong; 3 the place credentials come from, or a queue, could not be reached or refused; 4 there are "
        "no credentials, or something is wrong with a queue.");
    auto a = std::make_shared<doctor_arguments>();
    auto* credentials =
        cmd->add_flag("--credentials", a->credentials, "Resolve the credential chain as `run` does");
    cmd->add_option("-c,--config", a->config, "Examine the queues of this fleet file")->excludes(credentials);
    cmd->add_option("--profile", a->profile, "This profile; keys in the environment then do not count");
    cmd->add_flag(
        "--show-key-id", a->show_key_id,
        "The whole access key id, and SHA-256 fingerprints of secret and token, to compare with other tools");
    cmd->add_flag("--json", a->json, "One JSON object");
    cmd->callback([&run, a] { run = [a] { return run_doctor(*a); }; });
}

}  // namespace trainyard::cli
