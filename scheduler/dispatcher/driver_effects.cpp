// Calls on SageMaker. Each ends in exactly one handle_*() of the lifecycle.
#include "scheduler/dispatcher/driver.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "scheduler/dispatcher/answers.hpp"
#include "scheduler/lifecycle/request.hpp"

namespace trainyard::dispatcher {
namespace {

using lifecycle::create_outcome;
using lifecycle::look_outcome;

// How far before its intent an execution may seem to have begun: as much as clocks may differ.
constexpr duration start_margin = std::chrono::minutes{15};

lifecycle::pool_values values_of(const config::pool& p) {
    return {p.name, p.account, p.region, p.execution_role, p.bucket};
}

}  // namespace

// True once the budget allows one call; false when the program stops first. The role is there before the call
// is paid for: one that was paid and then waited would come right before the next one, and be refused for it.
task<bool> driver::wait_for(std::string pool, lifecycle::kind k, budget pool_budgets::* which) {
    const mono_time patience = deadline();
    const auto keys = co_await aws_.pools.at(pool).who->get(patience);  // without any the call tells why
    if (!keys && keys.error().code == errc::cancelled) co_return false;
    for (;;) {
        const instant at = now();
        if (core_.pay(pool, k, which, at)) {
            // What was owed is paid: more may start.
            if (which == &pool_budgets::create) work_.set();
            co_return true;
        }
        const mono_time until = (core_.budgets(pool, k).*which).next(at.mono);
        if (!co_await io::sleep_until(until)) co_return false;
    }
}

void driver::answered() {
    --effects_running_;
    work_.set();
    drained_.set();
}

// What finds no room is read from the ledger when its job starts. A backlog fills the room once: only a start
// gives some back, and jobs that wait long are not worth the memory.
void driver::keep_fresh_bodies(const std::vector<lifecycle::record>& records) {
    for (const lifecycle::record& r : records) {
        if (is_terminal(r.to)) take_fresh_body(r.id);  // cancelled or expired unstarted
        if (!r.accepted || is_terminal(r.to)) continue;
        if (r.body.size() > fresh_bodies_bytes_max - fresh_bodies_bytes_) continue;
        if (fresh_bodies_.emplace(r.id, r.body).second) fresh_bodies_bytes_ += r.body.size();
    }
}

std::optional<std::string> driver::take_fresh_body(lifecycle::job_id id) {
    auto found = fresh_bodies_.extract(id);
    if (!found) return std::nullopt;
    fresh_bodies_bytes_ -= found.mapped().size();
    return std::move(found.mapped());
}

task<result<std::string>> driver::read_body(lifecycle::job_id id) {
    std::optional<std::string> fresh = take_fresh_body(id);
    if (fresh) co_return std::move(*fresh);
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
    const lifecycle::job_facts facts = core_.machine().find(what.job)->facts;
    auto body = co_await read_body(what.job);
    if (!body) {
        if (body.error().code != errc::cancelled) fail(body.error());
    } else {
        const auto request = lifecycle::build_request(*body, facts, what.attempt, fleet_.installation,
                                                      values_of(pool.settings));
        const bool granted = co_await wait_for(what.pool, what.kind, &pool_budgets::create);
        const bool allowed = granted && core_.machine().still_starts(what.job, what.attempt);
        std::optional<create_outcome> config;
        if (request && allowed && facts.terms.own_config) {
            const std::string request_body = *body;
            config = co_await create_config(what, facts, request_body, detail);
        }
        if (!request) {
            outcome = create_outcome::refused_request;
            detail = request.error().message;
        } else if (config) {
            outcome = *config;
        } else if (allowed) {
            const mono_time until = deadline();
            const std::string text = *request;
            const auto kind = to_aws(what.kind);
            const auto created = co_await pool.client.create(kind, text, until);
            outcome = created ? create_outcome::accepted : to_outcome(created.error());
            detail = created ? *created : created.error().to_string();
            count(what.pool, what.kind, &pool_budgets::create, created);
        }
    }
    // A call that shutdown cut off keeps its intent: the next start examines it.
    core_.machine().handle_create(what.job, what.attempt, outcome, detail, time_.wall());
    answered();
}

// Nothing when the endpoint's configuration stands; else what its start comes to. A configuration costs
// nothing and its name is the attempt's own, so whatever became of a lost call the next one finds out.
task<std::optional<create_outcome>> driver::create_config(lifecycle::effect::create what,
                                                          lifecycle::job_facts facts, std::string body,
                                                          std::string& detail) {
    pool_link& pool = aws_.pools.at(what.pool);
    const auto request = lifecycle::build_endpoint_config(body, facts, what.attempt, fleet_.installation,
                                                          values_of(pool.settings));
    if (!request) {
        detail = request.error().message;
        co_return create_outcome::refused_request;
    }
    const mono_time until = deadline();
    const std::string text = *request;
    const auto made = co_await pool.client.create_endpoint_config(text, until);
    if (made || made.error().kind == aws::failure::already_exists) co_return std::nullopt;
    detail = made.error().to_string();
    const create_outcome outcome = to_outcome(made.error());
    co_return outcome == create_outcome::unknown ? create_outcome::refused_for_now : outcome;
}

// A pipeline execution of unknown fate: nobody guards its display name, and it has no tags, so its proof
// stands in its description. Nothing when no page shows it.
task<std::optional<lifecycle::sighting>> driver::find_execution(lifecycle::effect::attempt_ref what,
                                                                aws::sagemaker::tags& tags, bool& failed) {
    pool_link& pool = aws_.pools.at(what.pool);
    aws::sagemaker::list_filter filter;
    filter.kind = aws::sagemaker::job_kind::pipeline;
    filter.pipeline = what.target;
    filter.ascending = false;
    const lifecycle::job* job = core_.machine().find(what.job);
    if (job != nullptr) filter.created_after = job->facts.accepted - start_margin;
    do {
        if (!co_await wait_for(what.pool, what.kind, &pool_budgets::list)) break;
        const mono_time until = deadline();
        const aws::sagemaker::list_filter asked = filter;
        const auto page = co_await pool.client.list(asked, until);
        count(what.pool, what.kind, &pool_budgets::list, page);
        if (!page) break;
        for (const aws::sagemaker::job_summary& s : page->jobs) {
            if (s.name != what.name) continue;
            tags = lifecycle::tags_of_description(s.description);
            if (tags.empty()) continue;
            co_return lifecycle::sighting{s.status, "", s.failure_reason, s.arn};
        }
        if (page->next_token.empty() || page->next_token == filter.next_token) co_return std::nullopt;
        filter.next_token = page->next_token;
    } while (true);
    failed = true;
    co_return std::nullopt;
}

task<void> driver::verify(lifecycle::effect::verify what) {
    pool_link& pool = aws_.pools.at(what.pool);
    look_outcome outcome = look_outcome::failed;
    lifecycle::sighting seen;
    aws::sagemaker::tags tags;
    const bool allowed = co_await wait_for(what.pool, what.kind, &pool_budgets::describe);
    if (allowed && what.kind == lifecycle::kind::pipeline) {
        bool failed = false;
        const lifecycle::effect::attempt_ref which = what;
        const auto found = co_await find_execution(which, tags, failed);
        if (found) seen = *found;
        outcome = failed ? look_outcome::failed : found ? look_outcome::found : look_outcome::not_found;
    } else if (allowed) {
        const mono_time until = deadline();
        const std::string name = what.name;
        const auto kind = to_aws(what.kind);
        const auto job = co_await pool.client.describe(kind, name, until);
        count(what.pool, what.kind, &pool_budgets::describe, job);
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
    answered();
}

task<void> driver::describe(lifecycle::effect::describe what) {
    pool_link& pool = aws_.pools.at(what.pool);
    look_outcome outcome = look_outcome::failed;
    lifecycle::sighting seen;
    const bool allowed = co_await wait_for(what.pool, what.kind, &pool_budgets::describe);
    if (allowed) {
        const mono_time until = deadline();
        const std::string key = what.kind == lifecycle::kind::pipeline ? what.arn : what.name;
        const auto kind = to_aws(what.kind);
        const auto job = co_await pool.client.describe(kind, key, until);
        count(what.pool, what.kind, &pool_budgets::describe, job);
        if (job) {
            outcome = look_outcome::found;
            seen = to_sighting(*job);
        } else if (job.error().kind == aws::failure::not_found) {
            outcome = look_outcome::not_found;
        }
    }
    core_.machine().handle_describe(what.job, what.attempt, outcome, seen, time_.wall());
    answered();
}

task<void> driver::stop_job(lifecycle::effect::stop what) {
    pool_link& pool = aws_.pools.at(what.pool);
    const bool allowed = co_await wait_for(what.pool, what.kind, &pool_budgets::stop);
    if (allowed) {
        const mono_time until = deadline();
        const std::string key = what.kind == lifecycle::kind::pipeline ? what.arn : what.name;
        const auto kind = to_aws(what.kind);
        const auto stopped = co_await pool.client.stop(kind, key, until);
        count(what.pool, what.kind, &pool_budgets::stop, stopped);
        // What is gone has stopped.
        const bool ok = stopped || stopped.error().kind == aws::failure::not_found;
        const lifecycle::job* job = core_.machine().find(what.job);
        if (ok && job != nullptr && job->facts.terms.own_config) {
            const mono_time config_until = deadline();
            co_await pool.client.delete_endpoint_config(key, config_until);
        }
        core_.machine().handle_stop(what.job, what.attempt, ok, time_.wall());
    }
    answered();
}

}  // namespace trainyard::dispatcher
