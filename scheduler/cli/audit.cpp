// `trainyard audit`: the journal played again and checked, and compared with SageMaker when asked.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "engine/http/client.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/dispatcher/admin.hpp"
#include "scheduler/dispatcher/compare.hpp"
#include "scheduler/ledger/audit.hpp"

namespace trainyard::cli {
namespace {

struct audit_arguments {
    std::string ledger, backup, fleet;
    std::size_t keep = 100;
    bool json = false;
};

constexpr duration backup_timeout = std::chrono::minutes{10};

task<void> ask_for_backup(http::client& client, http::url where, result<http::response>& answer) {
    http::request q;
    q.method = "POST";
    q.target = "/api/v1/backup";
    q.fields.add("x-trainyard", "audit");
    const mono_time deadline = io::real_clock().mono() + backup_timeout;
    answer = co_await client.send(where.origin, q, http::lane::control, deadline);
    co_await client.close();
}

// The dispatcher that has the ledger open copies it.
result<void> backup_from_running(const std::string& url, const audit_arguments& a) {
    auto at = http::parse_url(url);
    if (!at) return at.error();
    boost::asio::io_context io;
    http::client client{io, {}};
    result<http::response> answer = error{errc::internal, "no answer"};
    io::task_group group{io};
    group.spawn([&] { return ask_for_backup(client, *at, answer); });
    io.run();
    if (!answer) return answer.error();
    if (answer->status != 200)
        return error{errc::io, fmt::format("{} could not copy its ledger: {}", url, answer->body)};
    std::error_code ec;
    const std::string made = dispatcher::backup_file(a.ledger);
    std::filesystem::rename(made, a.backup, ec);
    if (!ec) return {};
    std::filesystem::copy_file(made, a.backup, std::filesystem::copy_options::overwrite_existing, ec);
    if (ec) return error{errc::io, fmt::format("{} to {}: {}", made, a.backup, ec.message())};
    std::filesystem::remove(made, ec);
    return {};
}

result<void> backup_from_file(const audit_arguments& a) {
    const auto owner = ledger::audit(a.ledger, 0);
    if (!owner) return owner.error();
    auto opened = ledger::ledger::open(a.ledger, owner->installation);
    if (!opened) return opened.error();
    if (auto begun = (*opened)->begin_backup(a.backup); !begun) return begun;
    for (;;) {
        const auto complete = (*opened)->backup_step(10'000);
        if (!complete) return complete.error();
        if (*complete) return {};
    }
}

result<void> back_up(const audit_arguments& a) {
    std::string url;
    std::getline(std::ifstream{a.ledger + ".admin"}, url);
    if (!url.empty()) {
        auto done = backup_from_running(url, a);
        // The address outlives a dispatcher that was killed.
        if (done || done.error().code != errc::unreachable) return done;
    }
    return backup_from_file(a);
}

void write_violation(const ledger::violation& v, json::writer& w) {
    w.begin_object().member("invariant", v.invariant).member("damage", to_string(v.kind));
    w.key("job");
    v.job == 0 ? w.null() : w.string(lifecycle::to_text(v.job));
    w.member("what", printable(v.what, 400)).end_object();
}

void print_json(const ledger::audited& a, const dispatcher::comparison* c) {
    const ledger::verdict& v = a.verdict;
    json::writer w;
    w.begin_object().member("installation", a.installation).member("schema", a.schema);
    w.member("jobs", v.jobs).member("steps", v.steps).member("starts", v.starts);
    for (const auto& [kind, n] : v.by_damage) w.member(to_string(kind), n);
    w.member("recovered", v.recovered).member("recorded_phantoms", a.phantoms);
    w.member("restored_and_not_reconciled", a.restored);
    w.key("states").begin_object();
    for (const auto& [state, n] : v.jobs_by_state) w.member(state, n);
    w.end_object().key("invariants").begin_object();
    for (const auto& [name, n] : v.by_invariant) w.member(name, n);
    w.end_object();
    if (c != nullptr) {
        w.key("sagemaker").begin_object().member("listed", c->listed).member("foreign", c->foreign);
        w.member("recorded_phantoms_seen", c->recorded).end_object();
    }
    w.member("violations_total", v.violations_total).key("violations").begin_array();
    for (const auto& x : v.violations) write_violation(x, w);
    w.end_array().end_object();
    std::cout << w.text() << std::endl;
}

void print_text(const ledger::audited& a, const dispatcher::comparison* c) {
    const ledger::verdict& v = a.verdict;
    std::cout << fmt::format("ledger of {}, schema {}: {} jobs, {} steps, {} starts\n",
                             printable(a.installation), a.schema, v.jobs, v.steps, v.starts);
    for (const auto& [state, n] : v.jobs_by_state) std::cout << fmt::format("  {:<14} {}\n", state, n);
    if (c != nullptr)
        std::cout << fmt::format("SageMaker listed {} jobs, {} of other owners, {} recorded as phantoms\n",
                                 c->listed, c->foreign, c->recorded);
    for (const auto& [name, n] : v.by_invariant)
        std::cout << fmt::format("{:<28} {}\n", name, n == 0 ? "holds" : fmt::format("{} violations", n));
    std::cout << fmt::format("lost {}, phantom {}, duplicated {}, inconsistent {}, recovered {}\n",
                             v.by_damage.at(ledger::damage::lost), v.by_damage.at(ledger::damage::phantom),
                             v.by_damage.at(ledger::damage::duplicated), v.by_damage.at(ledger::damage::none),
                             v.recovered);
    if (a.restored) std::cout << "restored from a backup; the next run compares it with SageMaker\n";
    for (const auto& x : v.violations)
        std::cout << fmt::format("{} ({}){}: {}\n", x.invariant, to_string(x.kind),
                                 x.job == 0 ? "" : " job " + lifecycle::to_text(x.job),
                                 printable(x.what, 400));
    if (v.violations_total > v.violations.size())
        std::cout << fmt::format("... and {} more\n", v.violations_total - v.violations.size());
    std::cout << std::flush;
}

int run_audit(const audit_arguments& a) {
    std::optional<config::fleet> fleet;
    if (!a.fleet.empty()) {
        auto read = load_fleet(a.fleet);
        if (!read) return complain(read.error());
        fleet = std::move(*read);
    }
    if (!a.backup.empty())
        if (auto done = back_up(a); !done) return complain(done.error());
    const std::string file = a.backup.empty() ? a.ledger : a.backup;
    dispatcher::ledger_view view;
    auto audited = ledger::audit(file, a.keep, [&](const lifecycle::job& j) {
        if (fleet) view.add(j);
    });
    if (!audited) {
        const bool in_use = audited.error().code == errc::already_exists;
        return complain(
            in_use ? exit_code::usage : complain(audited.error()),
            in_use ? "the dispatcher that has it open can copy it: --backup FILE" : "nothing was audited");
    }
    std::optional<dispatcher::comparison> compared;
    if (fleet) {
        if (fleet->installation != audited->installation)
            return complain(exit_code::usage,
                            fmt::format("{} is of installation {}, the ledger of {}", a.fleet,
                                        fleet->installation, printable(audited->installation)));
        auto outcome = dispatcher::compare_with_sagemaker(*fleet, aws::process_environment(), view, file);
        if (!outcome) return complain(outcome.error());
        compared = std::move(*outcome);
        for (auto& v : compared->violations) audited->verdict.add(std::move(v), a.keep);
        audited->verdict.recovered += compared->recovered;
    }
    const dispatcher::comparison* c = compared ? &*compared : nullptr;
    a.json ? print_json(*audited, c) : print_text(*audited, c);
    return audited->verdict.violations_total == 0 ? exit_code::done : exit_code::differences;
}

}  // namespace

void add_audit(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("audit", "Play a ledger again and check every promise it can show");
    cmd->footer(
        "Exit codes: 0 every invariant holds, 4 at least one is violated. A ledger in use is audited through "
        "--backup.");
    auto a = std::make_shared<audit_arguments>();
    cmd->add_option("ledger", a->ledger, "The ledger's file")->required();
    cmd->add_option("--backup", a->backup,
                    "Copy the ledger there first, also while it is in use, and audit the copy");
    cmd->add_option("--fleet", a->fleet, "Compare with SageMaker in every pool of this fleet file");
    cmd->add_option("--violations", a->keep, "Print at most so many; all are counted")
        ->check(CLI::Range(0, 1'000'000));
    cmd->add_flag("--json", a->json, "One JSON object");
    cmd->callback([&run, a] { run = [a] { return run_audit(*a); }; });
}

}  // namespace trainyard::cli
