#include "scheduler/dispatcher/admin.hpp"

#include <fmt/format.h>

#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "engine/base/encoding.hpp"
#include "engine/base/json.hpp"

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

std::string not_ready_because(const driver& d, const clock& time) {
    if (!d.state().running) return "not running yet";
    if (d.state().stopping) return "stopping";
    for (const auto& [queue, at] : d.last_polls())
        if (time.mono() - at > poll_age_max)
            return fmt::format("queue {} was last polled with success {} s ago", queue,
                               std::chrono::duration_cast<std::chrono::seconds>(time.mono() - at).count());
    return {};
}

std::string explain(const core& c, const lifecycle::job& j, const clock& time) {
    const policy::explanation e = c.policy().explain(j.facts.id, time.wall());
    json::writer w;
    w.begin_object()
        .member("job", lifecycle::to_text(j.facts.id))
        .member("state", lifecycle::to_string(j.state));
    const std::string held = c.machine().held_by(j.facts.id);
    w.member("reason", j.reason)
        .member("summary", held.empty() ? e.summary : held)
        .member("tenant_reason", e.tenant_reason);
    w.member("ahead", e.ahead).key("pools").begin_object();
    for (const auto& [pool, why] : e.pool_reasons) w.member(pool, std::string_view{why});
    w.end_object().end_object();
    return w.take() + "\n";
}

http::response answer(const http::request& q, metrics::registry& registry, const core& c, driver& d,
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
        const std::string why = not_ready_because(d, time);
        return text_response(why.empty() ? 200 : 503, why.empty() ? "ready\n" : why + "\n");
    }
    if (path == "/api/v1/jobs") {
        std::string lines;
        for (const auto& [id, j] : c.machine().jobs()) lines += job_line(j) + "\n";
        return text_response(200, std::move(lines), "application/x-ndjson");
    }
    constexpr std::string_view one = "/api/v1/jobs/";
    if (path.starts_with(one)) {
        const auto id = lifecycle::parse_job_id(path.substr(one.size()));
        const lifecycle::job* j = id ? c.machine().find(*id) : nullptr;
        if (j == nullptr) return text_response(404, "no such job\n");
        return text_response(200, explain(c, *j, time), "application/json");
    }
    return text_response(404, "there are /metrics, /healthz, /readyz, /api/v1/jobs and /api/v1/jobs/ID\n");
}

// A named coroutine with its request by value: the handler's lambda only calls it.
task<http::response> answer_async(http::request q, metrics::registry& registry, const core& c, driver& d,
                                  const clock& time) {
    co_return answer(q, registry, c, d, time);
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

task<http::response> back_up(http::request q, ledger::ledger_thread& l, std::string to) {
    if (!is_local_host(q.fields.get("host")))
        co_return text_response(403, "this address answers local names only\n");
    // A page of another origin can send a POST, but not with a field of its own unless it is allowed to.
    if (!q.fields.has("x-trainyard")) co_return text_response(403, "send the field x-trainyard\n");
    const auto copied = co_await copy_ledger(l, to);
    if (!copied) co_return text_response(500, copied.error().message + "\n");
    json::writer w;
    w.begin_object().member("file", to).end_object();
    co_return text_response(200, w.take() + "\n", "application/json");
}

}  // namespace

std::string job_line(const lifecycle::job& j) {
    json::writer w;
    w.begin_object().member("job", lifecycle::to_text(j.facts.id)).member("name", j.facts.name);
    w.member("kind", j.facts.kind).member("queue", j.facts.queue).member("tenant", j.facts.tenant);
    w.member("priority", j.facts.priority_class).member("state", lifecycle::to_string(j.state));
    w.member("attempts", j.attempt).member("pool", j.pool).member("sagemaker_name", j.sagemaker_name);
    w.member("reason", j.reason).member("message_id", j.facts.message_id);
    w.member("accepted", to_unix_seconds(j.facts.accepted))
        .member("updated", to_unix_seconds(j.updated))
        .end_object();
    return w.take();
}

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
        commits.set(static_cast<double>(l.statistics().commits));
        duplicates.set(static_cast<double>(c.machine().counts().duplicates));
        retries.set(static_cast<double>(c.machine().counts().retries));
    });
}

http::handler make_admin_handler(metrics::registry& registry, const core& c, driver& d, const clock& time,
                                 ledger::ledger_thread& l, std::string backup_to) {
    return [&registry, &c, &d, &time, &l, backup_to = std::move(backup_to)](http::request q) {
        if (q.method == "POST" && q.path() == "/api/v1/backup") return back_up(std::move(q), l, backup_to);
        return answer_async(std::move(q), registry, c, d, time);
    };
}

}  // namespace trainyard::dispatcher
