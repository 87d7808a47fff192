#include "scheduler/cli/doctor_queues.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <iostream>
#include <optional>

#include "aws/identity/identity.hpp"
#include "aws/sqs/client.hpp"
#include "aws/sqs/queue_lint.hpp"
#include "aws/transport/arn.hpp"
#include "aws/transport/http_options.hpp"
#include "aws/transport/queue_url.hpp"
#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/cli/commands.hpp"
#include "scheduler/cli/doctor_limits.hpp"
#include "scheduler/cli/support.hpp"

namespace trainyard::cli {
namespace {

// A credential_process may take its minute.
constexpr duration credentials_patience = std::chrono::seconds{90}, call_patience = std::chrono::seconds{20};

struct examined {
    std::string queue, url;
    std::vector<aws::sqs::lint_finding> findings;
    std::optional<error> problem;
};

mono_time soon() {
    return io::real_clock().mono() + call_patience;
}

error explain(const std::string& queue, const aws::api_error& e) {
    return with_context(aws::to_error(e), "queue " + queue);
}

// The attributes of the dead-letter queue; nothing when it does not exist.
task<aws::api_result<std::optional<aws::sqs::queue_attributes>>> read_dead_letters(aws::sqs::client& client,
                                                                                   std::string arn) {
    std::optional<aws::sqs::queue_attributes> none;
    const auto where = aws::parse_arn(arn);
    if (!where) co_return none;
    const std::string name = where->resource, owner = where->account;
    const std::vector<std::string> all{"All"};
    const mono_time until = soon();
    const auto url = co_await client.get_queue_url(name, owner, until);
    if (!url && url.error().kind == aws::failure::not_found) co_return none;
    if (!url) co_return url.error();
    auto attributes = co_await client.get_queue_attributes(*url, all, until);
    if (!attributes && attributes.error().kind == aws::failure::not_found) co_return none;
    if (!attributes) co_return attributes.error();
    co_return std::optional{std::move(*attributes)};
}

task<void> examine(aws::sqs::client& client, const config::queue& q, examined& out) {
    const mono_time until = soon();
    out.url = q.url;
    if (out.url.empty()) {
        const std::string name = q.name, owner;
        const auto url = co_await client.get_queue_url(name, owner, until);
        if (!url) {
            out.problem = explain(q.name, url.error());
            co_return;
        }
        out.url = *url;
    }
    const std::vector<std::string> all{"All"};
    const auto attributes = co_await client.get_queue_attributes(out.url, all, until);
    if (!attributes) {
        out.problem = explain(q.name, attributes.error());
        co_return;
    }
    std::optional<aws::sqs::queue_attributes> dead_letters;
    const std::string arn = aws::sqs::dead_letter_arn(*attributes);
    if (!arn.empty()) {
        auto read = co_await read_dead_letters(client, arn);
        if (!read) {
            out.problem = explain(arn, read.error());
            co_return;
        }
        dead_letters = std::move(*read);
    }
    out.findings = aws::sqs::lint_queue(*attributes, dead_letters);
}

task<void> examine_all(boost::asio::io_context& io, const config::fleet& fleet, std::vector<examined>& out,
                       std::vector<examined_limits>& limits, std::optional<error>& problem) {
    const aws::environment& env = aws::process_environment();
    http::client http{io, aws::service_client_options(env)};
    metrics::registry registry;
    aws::transport transport{http, io::real_clock(), registry, entropy_seed()};
    aws::identity identity{io, http, transport, env, entropy_seed()};
    const auto who = identity.open();
    if (!who) {
        problem = who.error();
    } else {
        const mono_time patience = io::real_clock().mono() + credentials_patience;
        const auto keys = co_await (*who)->get(patience);
        if (!keys) problem = with_context(keys.error(), (*who)->describe());
    }
    for (std::size_t i = 0; !problem && i < fleet.queues.size(); ++i) {
        const config::queue& q = fleet.queues[i];
        examined& e = out.emplace_back();
        e.queue = q.name;
        const auto at = aws::resolve_endpoint("sqs", q.region, env);
        auto fine = at ? result<void>{} : result<void>{at.error()};
        if (fine && !q.url.empty())
            if (const auto checked = aws::check_queue_url(q.url, *at, ""); !checked) fine = checked.error();
        if (!fine) {
            e.problem = with_context(fine.error(), "queue " + q.name);
            continue;
        }
        aws::sqs::client client{transport, *at, *who};
        co_await examine(client, q, e);
    }
    if (!problem) co_await examine_limits(fleet, transport, env, identity, *who, limits);
    co_await identity.close();
    co_await http.close();
}

void print_json(const std::vector<examined>& all, const std::vector<examined_limits>& limits) {
    json::writer w;
    w.begin_object().key("queues").begin_array();
    for (const examined& e : all) {
        w.begin_object().member("queue", e.queue).member("url", e.url).key("findings").begin_array();
        for (const auto& f : e.findings)
            w.begin_object()
                .member("rule", f.rule)
                .member("message", f.message)
                .member("advice", f.advice)
                .end_object();
        w.end_array().key("error");
        e.problem ? w.string(e.problem->message) : w.null();
        w.end_object();
    }
    w.end_array();
    write_limits(w, limits);
    w.end_object();
    std::cout << w.text() << std::endl;
}

void print_text(const std::vector<examined>& all) {
    for (const examined& e : all) {
        if (!e.problem && e.findings.empty()) std::cout << fmt::format("queue {}: nothing to say\n", e.queue);
        for (const auto& f : e.findings)
            std::cout << fmt::format("queue {}: {} ({})\n    {}\n", e.queue, f.message, f.rule, f.advice);
    }
    std::cout << std::flush;
}

}  // namespace

int examine_queues(const std::string& config, bool as_json) {
    auto fleet = load_fleet(config);
    if (!fleet) return complain(fleet.error());
    std::vector<examined> all;
    std::vector<examined_limits> limits;
    std::optional<error> problem;
    boost::asio::io_context io;
    io::task_group group{io};
    group.spawn([&] { return examine_all(io, *fleet, all, limits, problem); });
    io.run();
    if (problem) return complain(*problem);
    as_json ? print_json(all, limits) : print_text(all);
    if (!as_json) print_limits(limits);
    int code = exit_code::done;
    for (const examined& e : all) {
        if (e.problem)
            code = complain(*e.problem);
        else if (!e.findings.empty() && code == exit_code::done)
            code = exit_code::differences;
    }
    const bool denied =
        std::ranges::any_of(limits, [](const examined_limits& l) { return !l.problem.empty(); });
    return denied && code == exit_code::done ? exit_code::differences : code;
}

}  // namespace trainyard::cli
