#include "scheduler/dispatcher/admin.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"
#include "scheduler/dispatcher/pages.hpp"

namespace trainyard::dispatcher {
namespace {

using lifecycle::state;

constexpr std::array<state, 11> states{
    state::pending,   state::starting, state::running,  state::stopping,      state::succeeded, state::failed,
    state::cancelled, state::expired,  state::vanished, state::name_conflict, state::rejected};

http::response text_response(int status, std::string body, std::string type = "text/plain; charset=utf-8") {
    http::response r;
    r.status = status;
    r.fields.add("content-type", std::move(type));
    r.fields.add("x-content-type-options", "nosniff");
    r.fields.add("cache-control", "no-store");
    r.body = std::move(body);
    return r;
}

// A page of another origin that resolves to 127.0.0.1 sends its own name here (DNS rebinding).
bool is_local_host(std::string_view host) {
    const std::string_view name =
        host.starts_with('[') ? host.substr(0, host.find(']') + 1) : host.substr(0, host.find(':'));
    return name == "localhost" || name == "127.0.0.1" || name == "[::1]";
}

std::string not_ready_because(const core& c, const driver& d, const clock& time) {
    if (!d.state().running) return "not running yet";
    if (d.state().stopping) return "stopping";
    for (const auto& [queue, at] : d.last_polls())
        if (time.mono() - at > poll_age_max && !c.pauses().contains({lifecycle::pause::of::queue, queue}))
            return fmt::format("queue {} was last polled with success {} s ago", queue,
                               std::chrono::duration_cast<std::chrono::seconds>(time.mono() - at).count());
    return {};
}

constexpr std::string_view one_job = "/api/v1/jobs/", cancel = "/cancel";

// Names come percent-encoded; what is no encoding names no job.
std::string key_of(std::string_view encoded) {
    return percent_decode(encoded).value_or(std::string{encoded});
}

http::response answer(const http::request& q, metrics::registry& registry, const core& c, const driver& d,
                      const clock& time) {
    if (!is_local_host(q.fields.get("host")))
        return text_response(403, "this address answers local names only\n");
    if (q.method != "GET") return text_response(405, "GET only\n");
    const std::string_view path = q.path();
    if (path == "/metrics")
        return text_response(200, registry.text(), "text/plain; version=0.0.4; charset=utf-8");
    if (path == "/healthz")
        return text_response(d.state().failure.empty() ? 200 : 500,
                             d.state().failure.empty() ? "ok\n" : d.state().failure + "\n");
    if (path == "/readyz") {
        const std::string why = not_ready_because(c, d, time);
        return text_response(why.empty() ? 200 : 503, why.empty() ? "ready\n" : why + "\n");
    }
    if (path == "/api/v1/jobs") {
        std::string lines;
        for (const auto& [id, j] : c.machine().jobs()) lines += job_line(j) + "\n";
        return text_response(200, std::move(lines), "application/x-ndjson");
    }
    const instant now{time.wall(), time.mono()};
    if (path == "/api/v1/pools") return text_response(200, pools_page(c, now), "application/json");
    if (path == "/api/v1/tenants") return text_response(200, tenants_page(c), "application/json");
    if (path == "/api/v1/decisions") return text_response(200, decisions_page(c), "application/json");
    if (path == "/api/v1/queues")
        return text_response(200, queues_page(c, d.queue_reports(), now), "application/json");
    if (path.starts_with(one_job)) {
        const found_job found = find_job(c, key_of(path.substr(one_job.size())));
        if (found.job == nullptr) return text_response(found.status, found.problem + "\n");
        return text_response(200, explanation_page(c, *found.job, time.wall()), "application/json");
    }
    return text_response(
        404,
        "there are /metrics, /healthz, /readyz and, of /api/v1, jobs, jobs/JOB, pools, tenants, "
        "queues, decisions\n");
}

// A named coroutine with its request by value: the handler's lambda only calls it.
task<http::response> answer_async(http::request q, admin_parts on) {
    co_return answer(q, on.registry, on.decisions, on.work, on.time);
}

// The ledger answers on its own thread.
task<result<void>> copy_ledger(ledger::ledger_thread& l, std::string to) {
    const auto context = co_await boost::asio::this_coro::executor;
    auto start = [&l, to, context](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        l.backup(to, [shared, context](result<void> done) {
            boost::asio::post(context,
                              [shared, done = std::move(done)]() mutable { (*shared)(std::move(done)); });
        });
    };
    result<void> copied =
        co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(result<void>)>(
            std::move(start), boost::asio::use_awaitable);
    co_return copied;
}

// Why a request that changes something is not obeyed; nothing when it is.
std::optional<http::response> refusal(const http::request& q, const std::string& installation) {
    if (!is_local_host(q.fields.get("host")))
        return text_response(403, "this address answers local names only\n");
    // A page of another origin can send a POST, but not with a field of its own unless it is allowed to.
    if (!q.fields.has("x-trainyard")) return text_response(403, "send the field x-trainyard\n");
    // The address of a dispatcher that was killed may be another's by now.
    if (q.fields.has(installation_field) && q.fields.get(installation_field) != percent_encode(installation))
        return text_response(421, "another installation's dispatcher listens here\n");
    return std::nullopt;
}

task<http::response> back_up(http::request q, admin_parts on) {
    if (auto no = refusal(q, on.installation)) co_return std::move(*no);
    ledger::ledger_thread& l = on.ledger;
    const std::string to = on.backup_to;
    const auto copied = co_await copy_ledger(l, to);
    if (!copied) co_return text_response(500, copied.error().message + "\n");
    json::writer w;
    w.begin_object().member("file", to).end_object();
    co_return text_response(200, w.take() + "\n", "application/json");
}

// Answered once it is durable: what was said to be cancelled stays so.
task<http::response> cancel_job(http::request q, admin_parts on) {
    if (auto no = refusal(q, on.installation)) co_return std::move(*no);
    const std::string_view path = q.path();
    const std::string key = key_of(path.substr(one_job.size(), path.size() - one_job.size() - cancel.size()));
    const found_job found = find_job(on.decisions, key);
    if (found.job == nullptr) co_return text_response(found.status, found.problem + "\n");
    const lifecycle::job before = *found.job;
    on.work.cancel_job(before.facts.id);
    std::string page = cancel_page(before, *on.decisions.machine().find(before.facts.id));
    const auto recorded = co_await on.work.recorded();
    if (!recorded) co_return text_response(500, recorded.error().message + "\n");
    co_return text_response(200, std::move(page), "application/json");
}

// POST /api/v1/pause and /api/v1/resume, with one of ?tenant=T, ?pool=P, ?queue=Q, or with nothing: all
// starts.
task<http::response> set_paused(http::request q, bool paused, admin_parts on) {
    if (auto no = refusal(q, on.installation)) co_return std::move(*no);
    const auto which = read_pause(q.query());
    if (!which) co_return text_response(400, which.error().message + "\n");
    const auto changed = on.work.set_paused(*which, paused);
    if (!changed) co_return text_response(404, changed.error().message + "\n");
    std::string page = pause_page(on.decisions, *which, *changed);
    const auto recorded = co_await on.work.recorded();
    if (!recorded) co_return text_response(500, recorded.error().message + "\n");
    co_return text_response(200, std::move(page), "application/json");
}

}  // namespace

void register_gauges(metrics::registry& registry, const core& c, const driver& d,
                     const ledger::ledger_thread& l, const clock& time) {
    std::map<state, metrics::gauge> by_state;
    for (const state s : states)
        by_state.emplace(s, registry.get_gauge("jobs", "Jobs in the ledger by state",
                                               {{"state", std::string{to_string(s)}}}));
    std::map<std::string, metrics::gauge> polls, pool_jobs, tenant_pending;
    for (const auto& [queue, at] : d.last_polls())
        polls.emplace(queue, registry.get_gauge("seconds_since_last_successful_poll",
                                                "Age of the last successful receive", {{"queue", queue}}));
    for (const auto& p : c.policy().pools())
        pool_jobs.emplace(
            p.pool, registry.get_gauge("pool_jobs", "Jobs that hold quota in the pool", {{"pool", p.pool}}));
    for (const auto& t : c.policy().tenants())
        tenant_pending.emplace(t.tenant,
                               registry.get_gauge("tenant_pending_jobs", "Jobs that wait to be started",
                                                  {{"tenant", t.tenant}}));
    const auto paused = registry.get_gauge("pauses", "What an operator has paused and not resumed");
    const auto commits = registry.get_gauge("ledger_commits", "Transactions committed since start");
    const auto duplicates = registry.get_gauge("messages_recognised", "Redeliveries recognised since start");
    const auto retries =
        registry.get_gauge("job_retries", "Attempts that failed and were followed by another since start");
    registry.on_render([=, &c, &d, &l, &time] {
        std::map<state, std::size_t> count;
        for (const auto& [id, j] : c.machine().jobs()) ++count[j.state];
        for (const auto& [s, g] : by_state) g.set(static_cast<double>(count[s]));
        const auto last = d.last_polls();
        for (const auto& [queue, g] : polls)
            g.set(std::chrono::duration<double>(time.mono() - last.at(queue)).count());
        for (const auto& p : c.policy().pools())
            pool_jobs.at(p.pool).set(static_cast<double>(p.jobs.count()));
        for (const auto& t : c.policy().tenants())
            tenant_pending.at(t.tenant).set(static_cast<double>(t.pending));
        paused.set(static_cast<double>(c.pauses().size()));
        commits.set(static_cast<double>(l.statistics().commits));
        duplicates.set(static_cast<double>(c.machine().counts().duplicates));
        retries.set(static_cast<double>(c.machine().counts().retries));
    });
}

http::handler make_admin_handler(admin_parts on) {
    return [on = std::move(on)](http::request q) {
        const std::string_view path = q.path();
        if (q.method == "POST" && path == "/api/v1/backup") return back_up(std::move(q), on);
        if (q.method == "POST" && path.starts_with(one_job) && path.ends_with(cancel) &&
            path.size() > one_job.size() + cancel.size())
            return cancel_job(std::move(q), on);
        if (q.method == "POST" && (path == "/api/v1/pause" || path == "/api/v1/resume")) {
            const bool paused = path == "/api/v1/pause";
            return set_paused(std::move(q), paused, on);
        }
        return answer_async(std::move(q), on);
    };
}

}  // namespace trainyard::dispatcher
