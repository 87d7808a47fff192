// `trainyard explain JOB`: why a job waits, and what became of it so far.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <iostream>

#include "engine/base/encoding.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/dispatcher_call.hpp"
#include "scheduler/cli/support.hpp"

namespace trainyard::cli {
namespace {

struct explain_arguments {
    std::string config, job;
    bool json = false;
};

void print_explained(json::value e) {
    const auto text = [&](std::string_view key) { return printable(text_of(e, key), 2'000); };
    std::cout << fmt::format("{} {}: {}, {}, tenant {}, queue {}, priority {}\n", text("job"), text("name"),
                             text("state"), text("kind"), text("tenant"), text("queue"), text("priority"))
              << text("summary") << "\n\n";
    const auto line = [](std::string_view what, const std::string& value) {
        if (!value.empty()) std::cout << fmt::format("{:<17}{}\n", what, value);
    };
    line("accepted", time_of(e, "accepted"));
    line("in state since", time_of(e, "updated"));
    const std::string uncharged = text("uncharged_attempts");
    line("attempts", fmt::format("{} of {}{}", text("attempts"), text("max_attempts"),
                                 uncharged == "0" ? "" : ", and " + uncharged + " that do not count"));
    line("last in", text("pool"));
    line("as", text("sagemaker_name"));
    line("reason", text("reason"));
    if (text("state") != "pending") return;
    line("not before", e.find("not_before").number_text().empty() ? "" : time_of(e, "not_before"));
    line("limit", text("tenant_reason"));
    line("at", text("limited_at"));
    std::string next;
    for (const json::value id : e.find("next").elements())
        next += (next.empty() ? ": " : ", ") + std::string{id.string().value_or("")};
    line("ahead", text("ahead") + next);
    line("room is kept for", text("reserved_for"));
    line("expected start", e.find("estimated_start").number_text().empty()
                               ? "not known"
                               : time_of(e, "estimated_start") + ", from " + text("estimated_from"));
    for (const json::value pool : e.find("open_pools").elements())
        line("pool", printable(pool.string().value_or(""), 200) + "  would take it");
    const auto refusing = e.find("pools").members();
    for (auto m = refusing.begin(); m != refusing.end(); ++m)
        line("pool", printable(m.key(), 200) + "  " + printable((*m).string().value_or(""), 500));
}

}  // namespace

void add_explain(CLI::App& app, action& run) {
    CLI::App* cmd = app.add_subcommand("explain", "Say why a job waits, and what became of it so far");
    auto a = std::make_shared<explain_arguments>();
    cmd->add_option("job", a->job, "The job's id, or its name when no other job has it")->required();
    cmd->add_option("-c,--config", a->config, "The fleet file (YAML)")->required();
    cmd->add_flag("--json", a->json, "One object");
    cmd->callback([&run, a] {
        run = [a] { return show_answer(a->config, {"GET", job_target(a->job)}, a->json, print_explained); };
    });
}

}  // namespace trainyard::cli
