// Calls on SageMaker. Each ends in exactly one handle_*() of the lifecycle.
#include "scheduler/dispatcher/driver.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "scheduler/lifecycle/request.hpp"

namespace trainyard::dispatcher {
namespace {

using lifecycle::create_outcome;
using lifecycle::look_outcome;

create_outcome to_outcome(const aws::api_error& e) {
    switch (e.kind) {
        case aws::failure::throttled:
        case aws::failure::conflict:
        case aws::failure::unreachable: return create_outcome::refused_for_now;
        case aws::failure::quota_exceeded: return create_outcome::refused_by_quota;
        case aws::failure::already_exists: return create_outcome::name_taken;
        case aws::failure::access_denied:
        case aws::failure::bad_credentials: return create_outcome::refused_access;
        case aws::failure::not_found: return create_outcome::refused_request;
        case aws::failure::invalid_request:
            // A role needs up to a minute to become assumable after its creation.
            return e.message.starts_with("Could not assume role") ? create_outcome::refused_access
                                                                  : create_outcome::refused_request;
        case aws::failure::service_fault:
        case aws::failure::effect_unknown:
        case aws::failure::cancelled: return create_outcome::unknown;
    }
    return create_outcome::unknown;
}

lifecycle::sighting to_sighting(const aws::sagemaker::training_job& j) {
    return {j.status, j.secondary_status, j.failure_reason};
}

lifecycle::pool_values values_of(const config::pool& p) {
    return {p.name, p.account, p.region, p.execution_role, p.bucket};
}

}  // namespace

// True once the budget allows one call; false when the program stops first.
task<bool> driver::wait_for(std::string pool, budget pool_budgets::* which) {
    for (;;) {
        budget& b = core_.budgets(pool).*which;
        const mono_time at = time_.mono();
        if (b.take(at)) co_return true;
        const mono_time until = b.next(at);
        if (!co_await io::sleep_until(until)) co_return false;
    }
}

task<result<std::string>> driver::read_body(lifecycle::job_id id) {
    using answer = result<std::vector<std::string>>;
    auto start = [this, id](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        ledger_.read_bodies({id}, [this, shared](answer bodies) {
            boost::asio::post(io_, [shared, b = std::move(bodies)]() mutable { (*shared)(std::move(b)); });
        });
    };
    answer bodies = co_await boost::asio::async_initiate<decltype(boost::asio::use_awaitable), void(answer)>(
        std::move(start), boost::asio::use_awaitable);
    if (!bodies) co_return bodies.error();
    co_return std::move(bodies->front());
}

task<void> driver::create(lifecycle::effect::create what) {
    pool_link& pool = aws_.pools.at(what.pool);
    create_outcome outcome = create_outcome::refused_for_now;
    std::string detail;
    const lifecycle::job* job = core_.machine().find(what.job);
    const lifecycle::job_facts facts = job->facts;
    auto body = co_await read_body(what.job);
    if (!body) {
        if (body.error().code != errc::cancelled) fail(body.error());
    } else {
        const auto request = lifecycle::build_training_request(*body, facts, what.attempt,
                                                               fleet_.installation, values_of(pool.settings));
        if (!request) {
            outcome = create_outcome::refused_request;
            detail = request.error().message;
        } else {
            const mono_time until = deadline();
            const std::string text = *request;
            const auto created = co_await pool.client.create_training_job(text, until);
            outcome = created ? create_outcome::accepted : to_outcome(created.error());
            if (!created) detail = created.error().to_string();
            count(what.pool, &pool_budgets::create, created);
        }
    }
    // A call that shutdown cut off keeps its intent: the next start examines it.
    core_.machine().handle_create(what.job, what.attempt, outcome, detail, time_.wall());
    --effects_running_;
    work_.set();
    drained_.set();
}

task<void> driver::verify(lifecycle::effect::verify what) {
    pool_link& pool = aws_.pools.at(what.pool);
    look_outcome outcome = look_outcome::failed;
    lifecycle::sighting seen;
    aws::sagemaker::tags tags;
    const bool allowed = co_await wait_for(what.pool, &pool_budgets::describe);
    if (allowed) {
        const mono_time until = deadline();
        const std::string name = what.name;
        const auto job = co_await pool.client.describe_training_job(name, until);
        count(what.pool, &pool_budgets::describe, job);
        if (!job && job.error().kind == aws::failure::not_found) outcome = look_outcome::not_found;
        if (job) {
            const mono_time tags_until = deadline();
            const std::string arn = job->arn;
            const auto found = co_await pool.client.list_tags(arn, tags_until);
            if (found) {
                outcome = look_outcome::found;
                tags = *found;
                seen = to_sighting(*job);
            }
        }
    }
    core_.machine().handle_verify(what.job, what.attempt, outcome, seen, tags, time_.wall());
    --effects_running_;
    work_.set();
    drained_.set();
}

task<void> driver::describe(lifecycle::effect::describe what) {
    pool_link& pool = aws_.pools.at(what.pool);
    look_outcome outcome = look_outcome::failed;
    lifecycle::sighting seen;
    const bool allowed = co_await wait_for(what.pool, &pool_budgets::describe);
    if (allowed) {
        const mono_time until = deadline();
        const std::string name = what.name;
        const auto job = co_await pool.client.describe_training_job(name, until);
        count(what.pool, &pool_budgets::describe, job);
        if (job) {
            outcome = look_outcome::found;
            seen = to_sighting(*job);
        } else if (job.error().kind == aws::failure::not_found) {
            outcome = look_outcome::not_found;
        }
    }
    core_.machine().handle_describe(what.job, what.attempt, outcome, seen, time_.wall());
    --effects_running_;
    work_.set();
    drained_.set();
}

task<void> driver::stop_job(lifecycle::effect::stop what) {
    pool_link& pool = aws_.pools.at(what.pool);
    const bool allowed = co_await wait_for(what.pool, &pool_budgets::stop);
    if (allowed) {
        const mono_time until = deadline();
        const std::string name = what.name;
        const auto stopped = co_await pool.client.stop_training_job(name, until);
        count(what.pool, &pool_budgets::stop, stopped);
        const bool ok = stopped.has_value();
        core_.machine().handle_stop(what.job, what.attempt, ok, time_.wall());
    }
    --effects_running_;
    work_.set();
    drained_.set();
}

}  // namespace trainyard::dispatcher
