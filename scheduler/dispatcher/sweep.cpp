#include "scheduler/dispatcher/sweep.hpp"

#include <boost/asio/io_context.hpp>

#include "aws/transport/http_options.hpp"
#include "engine/base/rng.hpp"
#include "engine/http/client.hpp"
#include "engine/io/event.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/dispatcher/budget.hpp"

namespace trainyard::dispatcher {
namespace {

using found_jobs = result<std::vector<lifecycle::found_job>>;

constexpr duration call_timeout = std::chrono::seconds{30};
constexpr duration connect_timeout = std::chrono::seconds{90};
// Throttled so often in a row, with the rate cut each time, it is not our calls that are too many.
constexpr int throttles_max = 20;

// One pool's calls at the pool's rates. Lives as long as the sweep of its pool.
struct caller {
    pool_link& pool;
    const clock& time;
    budget list, tags;
    int throttles = 0;

    // The error to end with, or nothing when the call is to be made again.
    std::optional<error> judge(const aws::api_error& e, budget& b) {
        if (e.kind == aws::failure::throttled && ++throttles < throttles_max) {
            b.throttled(time.mono());
            return std::nullopt;
        }
        return with_context(aws::to_error(e), "pool " + pool.settings.name);
    }
};

task<bool> wait_for(caller& c, budget& b) {
    while (!b.take(c.time.mono())) {
        const mono_time until = b.next(c.time.mono());
        if (!co_await io::sleep_until(until)) co_return false;
    }
    co_return true;
}

error cancelled() {
    return {errc::cancelled, "stopped before SageMaker's jobs were all listed"};
}

task<result<void>> read_tags(caller& c, std::string arn, lifecycle::found_job& into) {
    for (;;) {
        const bool allowed = co_await wait_for(c, c.tags);
        if (!allowed) co_return cancelled();
        const mono_time until = c.time.mono() + call_timeout;
        auto tags = co_await c.pool.client.list_tags(arn, until);
        if (tags) {
            into.tags = std::move(*tags);
            c.throttles = 0;
            co_return result<void>{};
        }
        if (auto end = c.judge(tags.error(), c.tags)) co_return *end;
    }
}

task<result<void>> sweep_kind(caller& c, aws::sagemaker::job_kind kind, const wants_tags& wants,
                              std::vector<lifecycle::found_job>& out) {
    aws::sagemaker::list_filter filter;
    filter.kind = kind;
    filter.name_contains = "ty-";
    for (;;) {
        const bool allowed = co_await wait_for(c, c.list);
        if (!allowed) co_return cancelled();
        const mono_time until = c.time.mono() + call_timeout;
        const aws::sagemaker::list_filter asked = filter;
        const auto page = co_await c.pool.client.list(asked, until);
        if (!page) {
            if (auto end = c.judge(page.error(), c.list)) co_return *end;
            continue;
        }
        c.throttles = 0;
        for (const aws::sagemaker::job_summary& s : page->jobs) {
            if (!lifecycle::parse_sagemaker_name(s.name)) continue;
            lifecycle::found_job f{c.pool.settings.name, s.name, s.status, {}};
            if (!wants(f)) continue;
            const std::string arn = s.arn;
            auto read = co_await read_tags(c, arn, f);
            if (!read) co_return read.error();
            out.push_back(std::move(f));
        }
        // An empty page is not the end, a missing token is.
        filter.next_token = page->next_token;
        if (filter.next_token.empty()) co_return result<void>{};
    }
}

// Executions of pipelines have no name of their own; their client token makes a repeated start the same.
constexpr aws::sagemaker::job_kind named_kinds[] = {
    aws::sagemaker::job_kind::training, aws::sagemaker::job_kind::tuning,
    aws::sagemaker::job_kind::processing, aws::sagemaker::job_kind::transform,
    aws::sagemaker::job_kind::endpoint};

task<result<void>> sweep_pool(caller& c, const wants_tags& wants, std::vector<lifecycle::found_job>& out) {
    for (const aws::sagemaker::job_kind kind : named_kinds) {
        auto swept = co_await sweep_kind(c, kind, wants, out);
        if (!swept) co_return swept;
    }
    co_return result<void>{};
}

// What a sweep of its own needs, on its own context.
struct session {
    session(boost::asio::io_context& io, const aws::environment& e)
        : env(e),
          http(io, aws::service_client_options(e)),
          transport(http, io::real_clock(), registry, entropy_seed()),
          who(io, http, transport, e, entropy_seed()) {}
    const aws::environment& env;
    metrics::registry registry;
    http::client http;
    aws::transport transport;
    aws::identity who;
};

task<found_jobs> connect_and_sweep(session& s, const config::fleet& f, const wants_tags& wants) {
    auto base = s.who.open();
    if (!base) co_return base.error();
    const mono_time until = io::real_clock().mono() + connect_timeout;
    auto aws = co_await connect(f, s.transport, s.env, s.who, *base, until);
    if (!aws) co_return aws.error();
    auto found = co_await sweep(*aws, io::real_clock(), wants);
    co_return found;
}

task<void> run_session(session& s, const config::fleet& f, const wants_tags& wants, found_jobs& out) {
    out = co_await connect_and_sweep(s, f, wants);
    co_await s.who.close();
    co_await s.http.close();
}

}  // namespace

task<found_jobs> sweep(links& aws, const clock& time, wants_tags wants) {
    std::vector<lifecycle::found_job> out;
    for (auto& [name, link] : aws.pools) {
        const config::api_rates& rates = link.settings.rates;
        caller c{link, time, budget{rates.list, time.mono()}, budget{rates.describe, time.mono()}};
        auto done = co_await sweep_pool(c, wants, out);
        if (!done) co_return done.error();
    }
    co_return out;
}

found_jobs sweep_fleet(config::fleet f, const aws::environment& env, wants_tags wants) {
    f.queues.clear();
    boost::asio::io_context io;
    session s{io, env};
    found_jobs out = error{errc::cancelled, "SageMaker was not asked"};
    io::task_group group{io};
    group.spawn([&] { return run_session(s, f, wants, out); });
    io.run();
    return out;
}

}  // namespace trainyard::dispatcher
