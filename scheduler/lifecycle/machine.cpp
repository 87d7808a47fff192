#include "scheduler/lifecycle/machine.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/check.hpp"
#include "scheduler/lifecycle/request.hpp"

namespace trainyard::lifecycle {

machine::machine(std::string installation, timing t, std::uint64_t seed)
    : installation_(std::move(installation)), timing_(t), random_(seed) {}

job_id machine::new_id(wall_time now) {
    // Strictly increasing even when the clock stands still or steps back.
    const auto millis = static_cast<job_id>(std::max<std::int64_t>(0, to_unix_millis(now)));
    last_id_ = std::max(last_id_ + 1, millis << 19U);
    return last_id_;
}

duration machine::jittered(duration base, duration cap, int step) {
    const duration full = std::min(cap, base * (std::int64_t{1} << std::clamp(step, 0, 20)));
    return full / 2 + duration{static_cast<std::int64_t>(
                          random_.below(static_cast<std::uint64_t>((full / 2).count()) + 1))};
}

job* machine::expect(job_id id, int attempt) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || !holds_quota(found->second.state) || found->second.attempt != attempt)
        return nullptr;
    return &found->second;
}

void machine::move(job& j, state to, std::string reason, wall_time now) {
    j.state = to;
    j.reason = std::move(reason);
    j.updated = now;
    record r;
    r.id = j.facts.id;
    r.to = to;
    r.attempt = j.attempt;
    r.pool = j.pool;
    r.sagemaker_name = j.sagemaker_name;
    r.reason = j.reason;
    r.not_before = j.not_before;
    r.progress = j.progress;
    r.when = now;
    out_.records.push_back(std::move(r));
}

void machine::begin_live(job& j) {
    by_name_[{j.pool, j.sagemaker_name}] = j.facts.id;
    tracking_[j.facts.id] = {};
}

// The attempt no longer holds quota.
void machine::end(job& j, state to, std::string reason, wall_time now) {
    if (holds_quota(j.state)) {
        by_name_.erase({j.pool, j.sagemaker_name});
        tracking_.erase(j.facts.id);
        out_.quota.push_back(quota::release{j.facts.id});
    } else if (j.state == state::pending) {
        out_.quota.push_back(quota::withdraw{j.facts.id});
    }
    if (is_terminal(to)) {
        --live_;
        refusals_.erase(j.facts.id);
        j.not_before.reset();
    }
    move(j, to, std::move(reason), now);
}

void machine::wait_until(job_id id, wall_time when) {
    waits_.emplace(when, id);
}

void machine::back_to_pending(job& j, duration wait, std::string reason, wall_time now) {
    j.not_before = now + wait;
    end(j, state::pending, std::move(reason), now);
    wait_until(j.facts.id, *j.not_before);
}

void machine::restore(std::vector<job> jobs, wall_time now) {
    TY_CHECK(jobs_.empty(), "restore comes first");
    for (job& stored : jobs) {
        const job_id id = stored.facts.id;
        last_id_ = std::max(last_id_, id);
        by_dedup_.emplace(stored.facts.dedup_key, id);
        job& j = jobs_.emplace(id, std::move(stored)).first->second;
        if (is_terminal(j.state)) continue;
        ++live_;
        if (holds_quota(j.state)) {
            begin_live(j);
            tracking_[id].last_seen = now;
            tracking_[id].unknown = true;
            out_.quota.push_back(quota::restore{id});
            // The intent is on disk; whether Create was sent, and whether it took effect, only SageMaker
            // knows.
            if (j.state == state::starting) look(j, true);
        } else if (j.not_before && *j.not_before > now) {
            wait_until(id, *j.not_before);
        } else {
            out_.quota.push_back(quota::make_pending{id});
        }
    }
}

std::optional<job_id> machine::handle_message(const incoming_message& m, const std::string& receipt_handle,
                                              const queue_rules& rules, wall_time now) {
    ++counters_.received;
    // The delete leaves only after everything recorded so far, the first delivery's job included.
    out_.effects.push_back(effect::delete_message{m.queue, m.message_id, receipt_handle});
    const std::string key = dedup_key(m);
    if (by_dedup_.contains(key)) {
        ++counters_.duplicates;
        return std::nullopt;
    }
    admission a = admit(m, rules);
    job j;
    j.facts = std::move(a.facts);
    j.facts.id = new_id(now);
    j.facts.accepted = now;
    j.updated = now;
    const job_id id = j.facts.id;
    record r;
    r.id = id;
    r.accepted = j.facts;
    r.when = now;
    if (a.refused) {
        ++counters_.rejected;
        j.state = r.to = state::rejected;
        j.reason = r.reason =
            a.refused->pointer.empty() ? a.refused->reason : a.refused->pointer + ": " + a.refused->reason;
        r.body = m.body;
        out_.effects.push_back(effect::copy_rejected{m.queue, m.body, j.reason, to_text(id)});
    } else {
        ++counters_.accepted;
        ++live_;
        r.body = std::move(a.request);
        out_.quota.push_back(quota::make_pending{id});
    }
    by_dedup_.emplace(key, id);
    out_.records.push_back(std::move(r));
    jobs_.emplace(id, std::move(j));
    return id;
}

void machine::handle_impossible(job_id id, const std::string& reason, wall_time now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || found->second.state != state::pending) return;
    ++counters_.rejected;
    end(found->second, state::rejected, reason, now);
}

void machine::handle_start(job_id id, const std::string& pool, wall_time now) {
    const auto found = jobs_.find(id);
    TY_CHECK(found != jobs_.end() && found->second.state == state::pending, "only a pending job starts");
    job& j = found->second;
    ++j.attempt;
    j.pool = pool;
    j.sagemaker_name = sagemaker_name(j.facts.name, id, j.attempt);
    j.not_before.reset();
    begin_live(j);
    tracking_[id].last_seen = now;
    ++counters_.creates;
    move(j, state::starting, "", now);
    out_.effects.push_back(effect::create{id, j.attempt, j.pool, j.sagemaker_name});
}

void machine::handle_create(job_id id, int attempt, create_outcome outcome, const std::string& detail,
                            wall_time now) {
    job* j = expect(id, attempt);
    if (j == nullptr || j->state != state::starting) return;
    const auto refused = [&](const std::string& why) {
        const int step = refusals_[id]++;
        // An earlier Create of this name may still take effect, so the attempt stays where it is until that
        // is settled.
        if (tracking_.at(id).unknown)
            return wait_until(id, now + jittered(timing_.refused_base, timing_.refused_cap, step));
        // Refused without effect: the attempt never was, so its number (and with it the name) is used again.
        --j->attempt;
        back_to_pending(*j, jittered(timing_.refused_base, timing_.refused_cap, step), why, now);
    };
    switch (outcome) {
        case create_outcome::accepted:
            refusals_.erase(id);
            out_.quota.push_back(quota::unblock{j->pool, j->facts.demand});
            return move(*j, state::running, "", now);
        case create_outcome::refused_for_now: ++counters_.throttled; return refused(detail);
        case create_outcome::refused_by_quota:
            ++counters_.refused_by_quota;
            out_.quota.push_back(quota::block{j->pool, j->facts.demand, detail});
            return refused(detail);
        case create_outcome::refused_access:
            out_.quota.push_back(quota::block{j->pool, j->facts.demand, detail});
            return refused(detail);
        case create_outcome::refused_request: return end(*j, state::failed, detail, now);
        case create_outcome::name_taken:
        case create_outcome::unknown:
            ++counters_.unknown_creates;
            tracking_.at(id).unknown = true;
            return look(*j, true);
    }
}

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
    if (verify) {
        out_.effects.push_back(effect::verify{j.facts.id, j.attempt, j.pool, j.sagemaker_name});
    } else {
        out_.effects.push_back(effect::describe{j.facts.id, j.attempt, j.pool, j.sagemaker_name});
    }
}

void machine::handle_verify(job_id id, int attempt, look_outcome outcome, const sighting& seen,
                            const std::map<std::string, std::string>& tags, wall_time now) {
    job* j = expect(id, attempt);
    if (j == nullptr) return;
    tracking& t = tracking_.at(id);
    t.looking = false;
    if (j->state != state::starting) return;
    if (outcome == look_outcome::failed)
        return wait_until(id, now + jittered(timing_.verify_base, timing_.verify_cap, t.looks++));
    if (outcome == look_outcome::not_found) {
        // SageMaker may not show a new job at once, so one "not found" proves nothing. Create with the same
        // name in the same pool is safe whenever it comes: if the first one did take effect, the answer is
        // ResourceInUse.
        if (++t.missing < timing_.verify_looks)
            return wait_until(id, now + jittered(timing_.verify_base, timing_.verify_cap, t.missing));
        t.missing = 0;
        out_.effects.push_back(effect::create{id, j->attempt, j->pool, j->sagemaker_name});
        return;
    }
    if (!is_ours(*j, tags))
        return end(*j, state::name_conflict,
                   fmt::format("SageMaker has a job named {} in {} that this installation did not start",
                               j->sagemaker_name, j->pool),
                   now);
    ++counters_.adopted;
    refusals_.erase(id);
    out_.quota.push_back(quota::unblock{j->pool, j->facts.demand});
    move(*j, state::running, "", now);
    observe(*j, seen, true, now);
}

void machine::attempt_ended(job& j, end_class c, const std::string& detail, wall_time now) {
    const bool asked_to_stop = j.state == state::stopping;
    switch (c) {
        case end_class::success: return end(j, state::succeeded, "", now);
        case end_class::stopped:
            return end(j, state::cancelled, asked_to_stop ? "cancelled" : "stopped outside Trainyard", now);
        case end_class::time_limit:
            return end(j, state::failed,
                       fmt::format("reached its MaxRuntimeInSeconds of {}", j.facts.max_runtime_seconds),
                       now);
        case end_class::user: return end(j, state::failed, detail, now);
        case end_class::capacity:
        case end_class::interruption:
        case end_class::platform:
            if (asked_to_stop) return end(j, state::cancelled, "cancelled", now);
            if (j.attempt >= j.facts.max_attempts)
                return end(j, state::failed,
                           fmt::format("attempt {} of {}: {}", j.attempt, j.facts.max_attempts, detail), now);
            ++counters_.retries;
            return back_to_pending(j, jittered(timing_.backoff_base, timing_.backoff_cap, j.attempt - 1),
                                   detail, now);
        case end_class::not_ended: return;
    }
}

void machine::observe(job& j, const sighting& seen, bool detailed, wall_time now) {
    tracking& t = tracking_.at(j.facts.id);
    t.last_seen = now;
    t.missing = 0;
    const end_class c = classify_end(seen.status, seen.secondary_status, seen.failure_reason);
    if (c == end_class::not_ended) {
        // A restarted process may find by List what its lost Create began; ownership is still to be shown.
        if (j.state == state::starting) look(j, true);
        if (j.state == state::running && seen.status == "Stopping")
            move(j, state::stopping, "stopping outside Trainyard", now);
        return;
    }
    if (j.state == state::starting) return look(j, true);
    // A summary tells neither why a job failed nor, in older regions, how it was stopped.
    if (!detailed && c != end_class::success) return look(j, false);
    attempt_ended(j, c, seen.failure_reason.empty() ? seen.status : seen.failure_reason, now);
}

void machine::handle_describe(job_id id, int attempt, look_outcome outcome, const sighting& seen,
                              wall_time now) {
    job* j = expect(id, attempt);
    if (j == nullptr) return;
    tracking& t = tracking_.at(id);
    t.looking = false;
    if (outcome == look_outcome::failed) return;  // the next listing asks again
    if (outcome == look_outcome::found) return observe(*j, seen, true, now);
    if (j->state == state::starting) return look(*j, true);
    if (++t.missing < timing_.verify_looks)
        return wait_until(id, now + jittered(timing_.verify_base, timing_.verify_cap, t.missing));
    // Somebody deleted it. Whether it ran, and how it ended, is not known any more: never start it again.
    end(*j, state::vanished, fmt::format("SageMaker no longer knows {} in {}", j->sagemaker_name, j->pool),
        now);
}

void machine::handle_stop(job_id id, int attempt, bool accepted, wall_time now) {
    job* j = expect(id, attempt);
    if (j == nullptr || j->state != state::stopping || accepted) return;
    tracking& t = tracking_.at(id);
    t.stop_again = true;
    wait_until(id, now + jittered(timing_.verify_base, timing_.verify_cap, t.looks++));
}

bool machine::handle_listed(const std::string& pool, const std::string& name, const sighting& seen,
                            wall_time now) {
    const auto found = by_name_.find({pool, name});
    if (found == by_name_.end()) return false;
    observe(jobs_.at(found->second), seen, false, now);
    return true;
}

void machine::handle_listing_complete(const std::string& pool, wall_time began) {
    for (auto i = by_name_.lower_bound({pool, std::string{}}); i != by_name_.end() && i->first.first == pool;
         ++i) {
        job& j = jobs_.at(i->second);
        // A job that was created while the listing ran may rightly be missing from it.
        if (j.state == state::starting || tracking_.at(i->second).last_seen >= began || j.updated >= began)
            continue;
        look(j, false);
    }
}

void machine::handle_cancel(job_id id, wall_time now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return;
    job& j = found->second;
    if (j.state == state::pending) return end(j, state::cancelled, "cancelled", now);
    if (j.state != state::running) return;
    move(j, state::stopping, "cancelled", now);
    out_.effects.push_back(effect::stop{id, j.attempt, j.pool, j.sagemaker_name});
}

void machine::handle_time(wall_time now) {
    while (!waits_.empty() && waits_.begin()->first <= now) {
        const job_id id = waits_.begin()->second;
        waits_.erase(waits_.begin());
        job& j = jobs_.at(id);
        if (j.state == state::pending && j.not_before && *j.not_before <= now) {
            j.not_before.reset();
            out_.quota.push_back(quota::make_pending{id});
        } else if (j.state == state::starting) {
            look(j, true);
        } else if (j.state == state::stopping && tracking_.at(id).stop_again) {
            tracking_.at(id).stop_again = false;
            out_.effects.push_back(effect::stop{id, j.attempt, j.pool, j.sagemaker_name});
        } else if (holds_quota(j.state)) {
            look(j, false);
        }
    }
}

std::optional<wall_time> machine::next_time() const {
    return waits_.empty() ? std::nullopt : std::optional{waits_.begin()->first};
}

batch machine::take() {
    return std::exchange(out_, {});
}

const job* machine::find(job_id id) const {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : &found->second;
}

std::size_t machine::live_in(const std::string& pool) const {
    std::size_t n = 0;
    for (auto i = by_name_.lower_bound({pool, std::string{}}); i != by_name_.end() && i->first.first == pool;
         ++i)
        ++n;
    return n;
}

void machine::check_invariants() const {
    std::size_t live = 0, holding = 0;
    for (const auto& [id, j] : jobs_) {
        TY_CHECK(j.facts.id == id, "a job stands under its own id");
        TY_CHECK(by_dedup_.contains(j.facts.dedup_key), "every job is remembered for deduplication");
        live += is_terminal(j.state) ? 0 : 1;
        if (!holds_quota(j.state)) continue;
        ++holding;
        const auto named = by_name_.find({j.pool, j.sagemaker_name});
        TY_CHECK(named != by_name_.end() && named->second == id, "a live attempt is found by its name");
        TY_CHECK(tracking_.contains(id), "a live attempt is tracked");
        TY_CHECK(j.attempt >= 1, "a live attempt has a number");
    }
    TY_CHECK(live == live_, "the count of live jobs is right");
    TY_CHECK(holding == by_name_.size() && holding == tracking_.size(), "only live attempts are tracked");
}

}  // namespace trainyard::lifecycle
