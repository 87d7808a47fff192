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

stream machine::stream_of(const job& j) {
    return {j.pool, kind_of(j.facts), j.facts.terms.target};
}

effect::attempt_ref machine::ref(const job& j) const {
    return {j.facts.id,     j.attempt,           j.pool, j.sagemaker_name, kind_of(j.facts),
            j.progress.arn, j.facts.terms.target};
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

void machine::begin_live(job& j, wall_time started) {
    const stream where = stream_of(j);
    if (by_name_.insert_or_assign({where, j.sagemaker_name}, j.facts.id).second && ++streams_[where] == 1)
        stream_changes_.push_back({where, true});
    if (!j.progress.arn.empty()) by_arn_[j.progress.arn] = j.facts.id;
    tracking& t = tracking_[j.facts.id] = {};
    t.started = started;
}

void machine::leave_stream(const job& j) {
    const stream where = stream_of(j);
    if (by_name_.erase({where, j.sagemaker_name}) == 0) return;
    const auto size = streams_.find(where);
    if (--size->second > 0) return;
    streams_.erase(size);
    stream_changes_.push_back({where, false});
}

// The attempt no longer holds quota.
void machine::end(job& j, state to, std::string reason, wall_time now) {
    const job_id id = j.facts.id;
    if (holds_quota(j.state)) {
        leave_stream(j);
        by_arn_.erase(j.progress.arn);
        looked(tracking_.at(id));
        tracking_.erase(id);
        out_.quota.push_back(quota::release{id});
    } else if (j.state == state::pending) {
        out_.quota.push_back(quota::withdraw{id});
    }
    if (is_terminal(to)) {
        --live_;
        held_.erase(id);
        refusals_.erase(id);
        j.not_before.reset();
        const outlets o = outlets_.contains(j.facts.queue) ? outlets_.at(j.facts.queue) : outlets{};
        if (o.results || (o.reject && to != state::succeeded && to != state::cancelled)) {
            j.progress.result_due = true;
            ++untold_;
            out_.effects.push_back(effect::tell{id});
        }
    }
    move(j, to, std::move(reason), now);
    if (!is_terminal(to)) return;
    wake_dependents(j, now);
    passed_in_group(j, true, now);
}

void machine::wait_until(job_id id, wall_time when) {
    waits_.emplace(when, id);
}

void machine::back_to_pending(job& j, duration wait, std::string reason, wall_time now) {
    if (j.progress.cause == stop_cause::cancelled) return end(j, state::cancelled, "cancelled", now);
    j.progress.cause = stop_cause::none;
    j.not_before = now + wait;
    end(j, state::pending, std::move(reason), now);
    wait_until(j.facts.id, *j.not_before);
    // Its own wait may have passed while it was starting.
    if (const auto e = expires(j); e && *e <= now) wait_until(j.facts.id, *e);
}

void machine::restore(std::vector<job> jobs, wall_time now) {
    TY_CHECK(jobs_.empty(), "restore comes first");
    for (job& stored : jobs) {
        const job_id id = stored.facts.id;
        last_id_ = std::max(last_id_, id);
        by_dedup_.emplace(stored.facts.dedup_key, id);
        newest_[stored.facts.tenant + "\n" + stored.facts.name] = id;
        jobs_.emplace(id, std::move(stored));
    }
    for (auto& [id, j] : jobs_) {
        if (is_terminal(j.state)) {
            if (!j.progress.result_due) continue;
            ++untold_;
            out_.effects.push_back(effect::tell{id});
            continue;
        }
        ++live_;
        enter_group(j);
        if (!holds_quota(j.state)) {
            if (const auto e = expires(j)) wait_until(id, *e);
            make_ready(j, now);
            continue;
        }
        begin_live(j, j.facts.accepted);
        tracking_[id].last_seen = now;
        tracking_[id].unknown = true;
        tracking_[id].settled = now + timing_.late_create;
        tracking_[id].shown = j.updated + timing_.visible_after;
        tracking_[id].open = 2;  // or more, of the program before this one
        out_.quota.push_back(quota::restore{id});
        // The intent is on disk; whether Create was sent, and whether it took effect, only SageMaker knows.
        if (j.state == state::starting) look(j, true);
        // Nor is it known whether the stop was sent. Twice does no harm.
        if (j.state == state::stopping && j.progress.cause != stop_cause::none)
            out_.effects.push_back(effect::stop{ref(j)});
        if (j.state == state::running && j.progress.serving && j.facts.terms.lifetime_seconds > 0)
            wait_until(id, *j.progress.serving + std::chrono::seconds{j.facts.terms.lifetime_seconds});
    }
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
    j.sagemaker_name = sagemaker_name(j.facts.name, id, j.attempt, kind_of(j.facts));
    j.not_before.reset();
    j.progress.arn.clear();
    j.progress.serving.reset();
    begin_live(j, now);
    tracking_[id].last_seen = now;
    tracking_[id].open = 1;
    ++counters_.creates;
    move(j, state::starting, "", now);
    out_.effects.push_back(effect::create{ref(j)});
}

void machine::handle_create(job_id id, int attempt, create_outcome outcome, const std::string& detail,
                            wall_time now) {
    job* j = expect(id, attempt);
    if (j == nullptr) return;
    tracking& t = tracking_.at(id);
    if (outcome != create_outcome::unknown) t.open = std::max(0, t.open - 1);
    if (j->state != state::starting) return;
    const auto refused = [&](const std::string& why) {
        const int step = refusals_[id]++;
        const duration wait = jittered(timing_.refused_base, timing_.refused_cap, step);
        // An earlier Create of this name may have taken effect, or still take it; "not found" proves nothing.
        // Only in the same pool does the name keep it from starting twice.
        if (t.unknown) return wait_until(id, now + wait);
        // Refused without effect: the attempt never was, so its number (and with it the name) is used again.
        --j->attempt;
        back_to_pending(*j, wait, why, now);
    };
    switch (outcome) {
        case create_outcome::accepted:
            if (t.open > 0) t.settled = now + timing_.late_create;
            return became_running(*j, detail, now);
        case create_outcome::refused_for_now: ++counters_.throttled; return refused(detail);
        case create_outcome::refused_by_quota:
            ++counters_.refused_by_quota;
            out_.quota.push_back(quota::refuse{id, j->pool, j->facts.demand, detail});
            return refused(detail);
        case create_outcome::refused_access:
            out_.quota.push_back(quota::block{j->pool, j->facts.demand, detail});
            return refused(detail);
        case create_outcome::refused_request: return end(*j, state::failed, detail, now);
        case create_outcome::name_taken:
        case create_outcome::unknown:
            ++counters_.unknown_creates;
            t.unknown = true;
            t.settled = now + timing_.late_create;
            return look(*j, true);
    }
}

void machine::became_running(job& j, const std::string& arn, wall_time now) {
    refusals_.erase(j.facts.id);
    out_.quota.push_back(quota::accept{j.facts.id, j.pool, j.facts.demand});
    if (!row_of(kind_of(j.facts)).named) {
        j.progress.arn = arn;
        by_arn_[arn] = j.facts.id;
    }
    move(j, state::running, "", now);
    passed_in_group(j, false, now);
    tracking& t = tracking_.at(j.facts.id);
    t.shown = now + timing_.visible_after;
    if (t.hinted) look(j, false);
    // Somebody cancelled it while nobody knew whether it had started.
    if (j.progress.cause != stop_cause::none) begin_stop(j, j.progress.cause, "cancelled", now);
}

batch machine::take() {
    return std::exchange(out_, {});
}

bool machine::still_starts(job_id id, int attempt) const {
    const job* j = find(id);
    return j != nullptr && j->state == state::starting && j->attempt == attempt;
}

const job* machine::find(job_id id) const {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : &found->second;
}

void machine::check_invariants() const {
    std::size_t live = 0, holding = 0, untold = 0, looking = 0;
    for (const auto& [id, j] : jobs_) {
        TY_CHECK(j.facts.id == id, "a job stands under its own id");
        TY_CHECK(by_dedup_.contains(j.facts.dedup_key), "every job is remembered for deduplication");
        live += is_terminal(j.state) ? 0 : 1;
        const bool in_line =
            has_turn(j) && groups_.contains(group_of(j)) && groups_.at(group_of(j)).live.contains(id);
        TY_CHECK(in_line == (has_turn(j) && !is_terminal(j.state)), "who has not ended stands in its group");
        TY_CHECK(!held_.contains(id) || (j.state == state::pending && j.attempt == 0),
                 "only what was never started waits for its turn");
        untold += j.progress.result_due ? 1 : 0;
        TY_CHECK(!j.progress.result_due || is_terminal(j.state), "only what has ended is told");
        TY_CHECK(j.progress.uncharged <= j.attempt, "no more attempts are free than there were");
        if (!holds_quota(j.state)) continue;
        ++holding;
        const auto named = by_name_.find({stream_of(j), j.sagemaker_name});
        TY_CHECK(named != by_name_.end() && named->second == id, "a live attempt is found by its name");
        TY_CHECK(tracking_.contains(id), "a live attempt is tracked");
        looking += tracking_.at(id).looking ? 1 : 0;
        TY_CHECK(j.attempt >= 1, "a live attempt has a number");
    }
    TY_CHECK(live == live_, "the count of live jobs is right");
    TY_CHECK(untold == untold_, "the count of results that are due is right");
    TY_CHECK(looking == looks_open_, "the count of open looks is right");
    std::size_t in_streams = 0;
    for (const auto& [where, size] : streams_) in_streams += size;
    TY_CHECK(in_streams == by_name_.size(), "streams count their live attempts");
    TY_CHECK(holding == by_name_.size() && holding == tracking_.size(), "only live attempts are tracked");
}

}  // namespace trainyard::lifecycle
