// What SageMaker says of an attempt, and what follows from it.
#include <fmt/format.h>

#include "scheduler/lifecycle/machine.hpp"
#include "scheduler/lifecycle/request.hpp"

namespace trainyard::lifecycle {

bool machine::is_ours(const job& j, const std::map<std::string, std::string>& tags) const {
    for (const auto& [key, value] : owner_tags(installation_, j.facts, j.attempt)) {
        const auto found = tags.find(key);
        if (found == tags.end() || found->second != value) return false;
    }
    return true;
}

void machine::look(job& j, bool verify) {
    tracking& t = tracking_.at(j.facts.id);
    if (t.looking) return;
    t.looking = true;
    ++looks_open_;
    if (verify) {
        out_.effects.push_back(effect::verify{ref(j)});
    } else {
        out_.effects.push_back(effect::describe{ref(j)});
    }
}

void machine::looked(tracking& t) {
    if (!t.looking) return;
    t.looking = false;
    --looks_open_;
}

void machine::handle_verify(job_id id, int attempt, look_outcome outcome, const sighting& seen,
                            const std::map<std::string, std::string>& tags, wall_time now) {
    job* j = expect(id, attempt);
    if (j == nullptr) return;
    tracking& t = tracking_.at(id);
    looked(t);
    if (j->state != state::starting) return;
    if (outcome == look_outcome::failed) {
        t.unknown = true;
        return wait_until(id, now + jittered(timing_.verify_base, timing_.verify_cap, t.looks++));
    }
    if (outcome == look_outcome::not_found) {
        // SageMaker may not show a new job at once, so one "not found" proves nothing. Create with the same
        // name (or token) in the same pool is safe whenever it comes: if the first one did take effect, the
        // answer is ResourceInUse (or the same execution).
        if (!t.unknown) return;  // the answer of the Create itself is still to come
        if (++t.missing < timing_.verify_looks)
            return wait_until(id, now + jittered(timing_.verify_base, timing_.verify_cap, t.missing));
        t.missing = 0;
        ++t.open;
        out_.effects.push_back(effect::create{ref(*j)});
        return;
    }
    if (!is_ours(*j, tags))
        return end(*j, state::name_conflict,
                   fmt::format("SageMaker has a job named {} in {} that this installation did not start",
                               j->sagemaker_name, j->pool),
                   now);
    ++counters_.adopted;
    // One of them took effect.
    t.settled = t.open > 1 ? now + timing_.late_create : wall_time{};
    became_running(*j, seen.arn, now);
    observe(*j, seen, true, now);
}

void machine::attempt_ended(job& j, end_class c, const sighting& seen, wall_time now) {
    const std::string detail = seen.failure_reason.empty() ? seen.status : seen.failure_reason;
    if (!seen.output.empty()) j.progress.output = seen.output;
    j.progress.billable_seconds += seen.billable_seconds;
    const stop_cause cause = j.progress.cause;
    // A processing or tuning job says of its longest time nothing but that it was stopped.
    if (c == end_class::stopped && cause == stop_cause::none &&
        seen.ran_seconds >= j.facts.max_runtime_seconds)
        c = end_class::time_limit;
    if (c == end_class::user && j.facts.terms.retry_user_failures) c = end_class::platform;
    // A failed endpoint stands in the way of nothing, and nothing else will remove it.
    if (kind_of(j.facts) == kind::endpoint && c != end_class::stopped)
        out_.effects.push_back(effect::stop{ref(j)});
    switch (c) {
        case end_class::success: return end(j, state::succeeded, "", now);
        case end_class::stopped:
            if (cause == stop_cause::preempted) {
                ++counters_.preempted;
                ++j.progress.uncharged;
                return back_to_pending(j, timing_.refused_base, "preempted", now);
            }
            if (cause == stop_cause::lifetime)
                return end(j, state::succeeded, "deleted at the end of its lifetime", now);
            return end(j, state::cancelled,
                       cause == stop_cause::cancelled ? "cancelled" : "stopped outside Trainyard", now);
        case end_class::time_limit:
            return end(j, state::failed,
                       fmt::format("reached its MaxRuntimeInSeconds of {}", j.facts.max_runtime_seconds),
                       now);
        case end_class::user: return end(j, state::failed, detail, now);
        case end_class::capacity:
        case end_class::interruption:
        case end_class::platform: break;
        case end_class::not_ended: return;
    }
    if (cause == stop_cause::cancelled) return end(j, state::cancelled, "cancelled", now);
    // Want of capacity and interruptions are nobody's fault: they cost time, not an attempt.
    if (c == end_class::platform) {
        const int charged = j.attempt - j.progress.uncharged;
        if (charged >= j.facts.max_attempts)
            return end(j, state::failed,
                       fmt::format("attempt {} of {}: {}", charged, j.facts.max_attempts, detail), now);
    } else {
        if (j.attempt >= starts_max)
            return end(j, state::failed, fmt::format("start {}: {}", j.attempt, detail), now);
        ++j.progress.uncharged;
        if (c == end_class::capacity)
            out_.quota.push_back(quota::refuse{j.facts.id, j.pool, j.facts.demand, detail});
    }
    ++counters_.retries;
    back_to_pending(j, jittered(timing_.backoff_base, timing_.backoff_cap, j.attempt - 1), detail, now);
}

void machine::observe(job& j, const sighting& seen, bool detailed, wall_time now) {
    // Display names of executions are nobody's: another execution may have the same.
    if (!j.progress.arn.empty() && !seen.arn.empty() && seen.arn != j.progress.arn) return;
    const kind k = kind_of(j.facts);
    tracking& t = tracking_.at(j.facts.id);
    t.last_seen = now;
    t.shown = {};
    t.missing = 0;
    // A restarted process may find by List what its lost Create began; ownership is still to be shown.
    if (j.state == state::starting) return look(j, true);
    const end_class c = classify_end(k, seen.status, seen.secondary_status, seen.failure_reason);
    if (c == end_class::not_ended) {
        const phase p = phase_of(k, seen.status);
        if (p == phase::stopping && j.state == state::running)
            move(j, state::stopping, "stopping outside Trainyard", now);
        if (p == phase::serving && j.state == state::running && !j.progress.serving) {
            j.progress.serving = now;
            j.progress.output = seen.arn;
            move(j, state::running, "in service", now);
            if (j.facts.terms.lifetime_seconds > 0)
                wait_until(j.facts.id, now + std::chrono::seconds{j.facts.terms.lifetime_seconds});
        }
        // A deleted endpoint is in no list: only a look tells that it is gone.
        if (k == kind::endpoint && j.state == state::stopping) {
            // It serves although it was deleted: a late Create, or a look that came too early.
            if (p != phase::stopping) t.stop_again = true;
            wait_until(j.facts.id, now + jittered(timing_.verify_base, timing_.verify_cap, t.looks++));
        }
        return;
    }
    // A summary tells neither why a job failed nor, in older regions, how it was stopped; and a result wants
    // what only a description has.
    const bool tells = outlets_.contains(j.facts.queue) && outlets_.at(j.facts.queue).results;
    if (!detailed && (c != end_class::success || tells)) return look(j, false);
    // A failed endpoint is deleted, which would free its name for a Create that is still under way.
    if (k == kind::endpoint && now < t.settled) {
        t.missing = 1;
        return wait_until(j.facts.id, t.settled);
    }
    attempt_ended(j, c, seen, now);
}

void machine::handle_describe(job_id id, int attempt, look_outcome outcome, const sighting& seen,
                              wall_time now) {
    job* j = expect(id, attempt);
    if (j == nullptr) return;
    tracking& t = tracking_.at(id);
    looked(t);
    const bool deleting = kind_of(j->facts) == kind::endpoint && j->state == state::stopping;
    if (outcome == look_outcome::failed) {
        // The next listing asks again; what is being deleted is in none.
        if (deleting) wait_until(id, now + jittered(timing_.verify_base, timing_.verify_cap, t.looks++));
        return;
    }
    if (outcome == look_outcome::found) return observe(*j, seen, true, now);
    if (j->state == state::starting) return look(*j, true);
    if (now < t.shown) {
        t.missing = 1;
        return wait_until(id, t.shown);
    }
    if (++t.missing < timing_.verify_looks)
        return wait_until(id, now + jittered(timing_.verify_base, timing_.verify_cap, t.missing));
    if (deleting && now < t.settled) {
        t.missing = 0;
        return wait_until(id, t.settled);
    }
    if (deleting) return attempt_ended(*j, end_class::stopped, {}, now);
    // Somebody deleted it. Whether it ran, and how it ended, is not known any more: never start it again.
    end(*j, state::vanished, fmt::format("SageMaker no longer knows {} in {}", j->sagemaker_name, j->pool),
        now);
}

void machine::handle_stop(job_id id, int attempt, bool accepted, wall_time now) {
    job* j = expect(id, attempt);
    if (j == nullptr || j->state != state::stopping) return;
    tracking& t = tracking_.at(id);
    if (accepted && kind_of(j->facts) != kind::endpoint) return;
    t.stop_again = !accepted;
    wait_until(id, now + jittered(timing_.verify_base, timing_.verify_cap, t.looks++));
}

bool machine::handle_listed(const stream& where, const std::string& name, const sighting& seen,
                            wall_time now) {
    const auto found = by_name_.find({where, name});
    if (found == by_name_.end()) return false;
    observe(jobs_.at(found->second), seen, false, now);
    return true;
}

void machine::handle_listing_complete(const stream& where, wall_time began) {
    for (auto i = by_name_.lower_bound({where, std::string{}});
         i != by_name_.end() && i->first.first == where; ++i) {
        job& j = jobs_.at(i->second);
        // A job that was created while the listing ran may rightly be missing from it.
        if (j.state == state::starting || tracking_.at(i->second).last_seen >= began || j.updated >= began)
            continue;
        look(j, false);
    }
}

bool machine::handle_hint(const std::string& pool, kind k, const std::string& name,
                          const std::string& status) {
    job_id id = 0;
    if (k == kind::pipeline) {
        const auto found = by_arn_.find(name);
        if (found == by_arn_.end() || jobs_.at(found->second).pool != pool) return false;
        id = found->second;
    } else {
        const auto found = by_name_.find({stream{pool, k, ""}, name});
        if (found == by_name_.end()) return false;
        id = found->second;
    }
    job& j = jobs_.at(id);
    const phase p = phase_of(k, status);
    const bool news = p == phase::ended || p == phase::unknown ||
                      (p == phase::stopping && j.state != state::stopping) ||
                      (p == phase::serving && j.state != state::stopping && !j.progress.serving);
    if (!news) return false;
    // While the answer of a Create is awaited nothing is in doubt yet; it is looked at after that.
    if (j.state == state::starting && !tracking_.at(id).unknown) {
        tracking_.at(id).hinted = true;
        return false;
    }
    ++counters_.hints;
    look(j, j.state == state::starting);
    return true;
}

void machine::begin_stop(job& j, stop_cause cause, std::string reason, wall_time now) {
    j.progress.cause = cause;
    move(j, state::stopping, std::move(reason), now);
    out_.effects.push_back(effect::stop{ref(j)});
}

void machine::handle_cancel(job_id id, wall_time now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return;
    job& j = found->second;
    if (j.state == state::pending) return end(j, state::cancelled, "cancelled", now);
    if (j.state == state::running) return begin_stop(j, stop_cause::cancelled, "cancelled", now);
    if (is_terminal(j.state) || j.progress.cause == stop_cause::cancelled) return;
    // Starting: it is stopped as soon as it is known to run. Stopping for another reason: it will not come
    // back.
    j.progress.cause = stop_cause::cancelled;
    move(j, j.state, "cancelled", now);
}

bool machine::handle_preempt(job_id id, const std::string& why, wall_time now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return false;
    job& j = found->second;
    if (j.state != state::running || !j.facts.preemptible) return false;
    begin_stop(j, stop_cause::preempted, why, now);
    return true;
}

std::size_t machine::live_in(const std::string& pool) const {
    std::size_t n = 0;
    for (auto i = by_name_.lower_bound({stream{pool, kind{}, ""}, ""});
         i != by_name_.end() && i->first.first.pool == pool; ++i)
        ++n;
    return n;
}

std::vector<stream> machine::streams() const {
    std::vector<stream> out;
    for (const auto& [where, size] : streams_) out.push_back(where);
    return out;
}

wall_time machine::oldest_start(const stream& where) const {
    wall_time oldest = wall_time::max();
    for (auto i = by_name_.lower_bound({where, std::string{}});
         i != by_name_.end() && i->first.first == where; ++i)
        oldest = std::min(oldest, tracking_.at(i->second).started);
    return oldest;
}

}  // namespace trainyard::lifecycle
