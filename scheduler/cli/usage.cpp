// `trainyard pools`, `tenants` and `queues`: who uses what, from the running dispatcher.
#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <iostream>
#include <vector>

#include "engine/base/encoding.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/dispatcher_call.hpp"
#include "scheduler/cli/support.hpp"

namespace trainyard::cli {
namespace {

using table = std::vector<std::vector<std::string>>;

struct usage_arguments {
    std::string config;
    bool json = false;
};

std::string cell(json::value object, std::string_view key) {
    return printable(text_of(object, key));
}
// No number means no limit.
std::string limit_cell(json::value object, std::string_view key) {
    const std::string text = cell(object, key);
    return text.empty() ? "-" : text;
}
std::string paused_cell(json::value object) {
    return object.find("paused").boolean().value_or(false) ? "yes" : "";
}
std::string blocked_cell(json::value resource) {
    const std::string until = time_of(resource, "blocked_until");
    return until == "-" ? "" : until;
}

// The least of what the kinds of the pool may do a second: after a throttle that is where starts wait.
std::string least_rate(json::value pool, std::string_view operation) {
    double least = -1;
    for (const json::value kind : pool.find("budgets").members()) {
        const double rate = kind.find(operation).find("per_second").number().value_or(0);
        if (least < 0 || rate < least) least = rate;
    }
    return least < 0 ? "-" : fmt::format("{:.3g}/s", least);
}

// A pool's own figures stand in the row of its first resource.
table pools_table(json::value page) {
    table rows{{"POOL", "PAUSED", "RUNNING", "MAX JOBS", "CREATE", "DESCRIBE", "RESOURCE", "IN USE", "LIMIT",
                "FROM", "BLOCKED UNTIL"}};
    for (const json::value p : page.find("pools").elements()) {
        std::vector<std::string> own{cell(p, "pool"),         paused_cell(p),
                                     cell(p, "running"),      limit_cell(p, "max_jobs"),
                                     least_rate(p, "create"), least_rate(p, "describe")};
        for (const json::value r : p.find("resources").elements()) {
            std::vector<std::string> row = own;
            for (std::string& c : own) c.clear();
            for (std::string c : {cell(r, "resource"), cell(r, "in_use"), limit_cell(r, "limit"),
                                  cell(r, "source"), blocked_cell(r)})
                row.push_back(std::move(c));
            rows.push_back(std::move(row));
        }
        if (p.find("resources").size() == 0) rows.push_back(std::move(own));
    }
    return rows;
}

table tenants_table(json::value page) {
    table rows{{"TENANT", "PAUSED", "PENDING", "RUNNING", "MAX JOBS", "SHARE", "RESOURCE", "IN USE",
                "NOMINAL", "BORROWED", "MAY BORROW", "LENDS"}};
    for (const json::value t : page.find("tenants").elements()) {
        const double share = t.find("share").number().value_or(0);
        std::vector<std::string> own{cell(t, "tenant"),         paused_cell(t),
                                     cell(t, "pending"),        cell(t, "running"),
                                     limit_cell(t, "max_jobs"), fmt::format("{:.4f}", share)};
        for (const json::value r : t.find("resources").elements()) {
            std::vector<std::string> row = own;
            for (std::string& c : own) c.clear();
            for (std::string c :
                 {cell(r, "resource"), cell(r, "in_use"), limit_cell(r, "nominal"), cell(r, "borrowed"),
                  limit_cell(r, "borrowing_limit"), limit_cell(r, "lending_limit")})
                row.push_back(std::move(c));
            rows.push_back(std::move(row));
        }
        if (t.find("resources").size() == 0) rows.push_back(std::move(own));
    }
    return rows;
}

table queues_table(json::value page) {
    table rows{{"QUEUE", "PAUSED", "LAST POLL", "OPEN POLLS", "RECEIVED", "RECORDED", "DELETED"}};
    for (const json::value q : page.find("queues").elements()) {
        const auto age = q.find("seconds_since_last_poll").number();
        rows.push_back({cell(q, "queue"), paused_cell(q),
                        age ? fmt::format("{:.1f} s ago", *age) : "none yet", cell(q, "open_polls"),
                        cell(q, "received"), cell(q, "recorded"), cell(q, "deleted")});
    }
    return rows;
}

void add_usage(CLI::App& app, action& run, const std::string& what, const std::string& help,
               table (*make)(json::value)) {
    CLI::App* cmd = app.add_subcommand(what, help);
    auto a = std::make_shared<usage_arguments>();
    cmd->add_option("-c,--config", a->config, "The fleet file (YAML)")->required();
    cmd->add_flag("--json", a->json, "One object");
    cmd->callback([&run, a, what, make] {
        run = [a, what, make] {
            return show_answer(a->config, {"GET", "/api/v1/" + what}, a->json,
                               [make](json::value page) { print_table(make(page)); });
        };
    });
}

}  // namespace

void add_pools(CLI::App& app, action& run) {
    add_usage(app, run, "pools", "Show each pool's limits, where they are known from, and what is in use",
              pools_table);
}
void add_tenants(CLI::App& app, action& run) {
    add_usage(app, run, "tenants", "Show each tenant's quota, what it borrows, uses and waits for",
              tenants_table);
}
void add_queues(CLI::App& app, action& run) {
    add_usage(app, run, "queues", "Show when each queue was polled last, and what came of it", queues_table);
}

}  // namespace trainyard::cli
