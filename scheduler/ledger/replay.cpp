#include "scheduler/ledger/replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "scheduler/lifecycle/reconcile.hpp"

namespace trainyard::ledger {
namespace {

using lifecycle::job_id;
using lifecycle::record;
using lifecycle::state;

constexpr const char* origin = "S3 no phantom";
constexpr const char* one_terminal = "S2 one terminal";
constexpr const char* intent = "S3 intent before start";
constexpr const char* one_start = "S4 at most one start";
constexpr const char* monotone = "S8 monotone status";
constexpr const char* one_job = "S10 one job of a message";
constexpr const char* retries = "S11 bounded retries";
constexpr const char* conservation = "S12 conservation";
constexpr const char* durable = "S1 durable before delete";
constexpr const char* chain = "S18 unbroken history";

std::uint64_t hash(std::string_view text) {
    return std::hash<std::string_view>{}(text);
}

std::string_view word(state s) {
    return lifecycle::to_string(s);
}

}  // namespace

std::string_view to_string(damage d) {
    switch (d) {
        case damage::none: return "inconsistent";
        case damage::lost: return "lost";
        case damage::phantom: return "phantom";
        case damage::duplicated: return "duplicated";
    }
    return "inconsistent";
}

void verdict::add(violation v, std::size_t keep) {
    ++violations_total;
    ++by_invariant[v.invariant];
    ++by_damage[v.kind];
    if (violations.size() < keep) violations.push_back(std::move(v));
}

replay::replay(std::size_t keep_violations) : keep_(keep_violations) {
    for (const char* i :
         {origin, one_terminal, intent, one_start, monotone, one_job, retries, conservation, durable, chain})
        out_.by_invariant[i] = 0;
    for (const damage d : {damage::none, damage::lost, damage::phantom, damage::duplicated})
        out_.by_damage[d] = 0;
}

void replay::broken(const char* invariant, damage kind, job_id id, std::string what) {
    out_.add({invariant, kind, id, std::move(what)}, keep_);
}

void replay::step(std::int64_t seq, std::int64_t prev, const record& r) {
    ++out_.steps;
    const auto [found, first] = tracks_.try_emplace(r.id);
    track& t = found->second;
    if (first) {
        ++out_.jobs;
        if (prev != 0)
            broken(chain, damage::lost, r.id,
                   fmt::format("step {} follows step {}, which is gone", seq, prev));
        // A job begins by waiting or by being refused; anything else was never accepted.
        if (prev == 0 && (r.attempt != 0 || (r.to != state::pending && r.to != state::rejected)))
            broken(origin, damage::phantom, r.id, fmt::format("its first step {} is {}", seq, word(r.to)));
    } else {
        if (prev != t.last)
            broken(chain, prev == 0 ? damage::duplicated : damage::lost, r.id,
                   prev == 0 ? fmt::format("step {} accepts it again", seq)
                             : fmt::format("step {} follows step {}, but the one before it is {}", seq, prev,
                                           t.last));
        move(t, seq, r);
    }
    t.last = seq;
    t.state = r.to;
    t.attempt = r.attempt;
    t.attempts = std::max(t.attempts, r.attempt);
    if (r.to == state::starting || first) {
        t.name = hash(r.sagemaker_name);
        t.pool = hash(r.pool);
    }
}

void replay::move(track& t, std::int64_t seq, const record& r) {
    const auto edge = [&] { return fmt::format("step {}: {} to {}", seq, word(t.state), word(r.to)); };
    // One more step of the same state says that the end was told.
    if (is_terminal(t.state) && r.to == t.state) return;
    if (is_terminal(t.state))
        return broken(one_terminal, is_terminal(r.to) ? damage::none : damage::duplicated, r.id, edge());
    if (r.reason.starts_with(lifecycle::found_after_restore)) {
        ++out_.recovered;
        if (r.to == state::starting) ++out_.starts;
        return;
    }
    // A wish to cancel is recorded where the job stands.
    const bool same = r.attempt == t.attempt && hash(r.sagemaker_name) == t.name && hash(r.pool) == t.pool;
    if (r.to == t.state && holds_quota(t.state) && same) return;
    if (r.to == state::starting) return begin_attempt(t, seq, r);
    if (!holds_quota(t.state)) {
        if (holds_quota(r.to) || r.to == state::succeeded || r.to == state::vanished ||
            r.to == state::name_conflict)
            broken(intent, damage::phantom, r.id, edge() + " without an intent");
        return;
    }
    if (r.to == state::pending) {
        // An attempt that was refused never was, so its number is used again; one that ran is counted.
        const bool refused = t.state == state::starting && r.attempt == t.attempt - 1;
        if (!refused && r.attempt != t.attempt)
            broken(one_start, damage::duplicated, r.id,
                   fmt::format("{} gives attempt {} back as {}", edge(), t.attempt, r.attempt));
        return;
    }
    if (r.attempt != t.attempt || hash(r.sagemaker_name) != t.name || hash(r.pool) != t.pool)
        broken(intent, damage::phantom, r.id, edge() + " of another attempt than the one intended");
    if ((t.state == state::stopping && r.to == state::running)) broken(monotone, damage::none, r.id, edge());
}

void replay::begin_attempt(track& t, std::int64_t seq, const record& r) {
    ++out_.starts;
    if (holds_quota(t.state))
        broken(one_start, damage::duplicated, r.id,
               fmt::format("step {}: attempt {} starts while attempt {} is {}", seq, r.attempt, t.attempt,
                           word(t.state)));
    else if (r.attempt != t.attempt + 1)
        broken(one_start, r.attempt <= t.attempt ? damage::duplicated : damage::lost, r.id,
               fmt::format("step {}: attempt {} follows attempt {}", seq, r.attempt, t.attempt));
    // The name is what makes a repeated Create harmless.
    if (!r.sagemaker_name.ends_with(fmt::format("-{}-{}", lifecycle::to_text(r.id), r.attempt)))
        broken(one_start, damage::duplicated, r.id,
               fmt::format("step {}: {} is not the name of attempt {}", seq, r.sagemaker_name, r.attempt));
}

void replay::job(const lifecycle::job& j, std::int64_t last, std::int64_t applied) {
    const job_id id = j.facts.id;
    const auto found = tracks_.find(id);
    if (found == tracks_.end()) {
        ++out_.jobs;
        return broken(chain, damage::lost, id, "no step of it is left");
    }
    track& t = found->second;
    t.listed = true;
    ++out_.jobs_by_state[std::string{word(t.state)}];
    if (j.facts.queue.empty() || j.facts.message_id.empty() || j.facts.dedup_key.empty())
        broken(origin, damage::phantom, id, "it names no message that brought it");
    keys_.emplace_back(hash(j.facts.dedup_key), id);
    // Of those that are charged one may run, whatever the number of free ones.
    if (t.attempts - j.progress.uncharged > j.facts.max_attempts)
        broken(retries, damage::duplicated, id,
               fmt::format("{} attempts of {}, {} of them free", t.attempts, j.facts.max_attempts,
                           j.progress.uncharged));
    const bool behind = last < t.last && t.last > applied;
    if (!behind && (last != t.last || j.state != t.state || j.attempt != t.attempt))
        broken(conservation, damage::none, id,
               fmt::format("its row says {}, attempt {}, step {}; its steps say {}, attempt {}, step {}",
                           word(j.state), j.attempt, last, word(t.state), t.attempt, t.last));
}

void replay::body(job_id id) {
    const auto found = tracks_.find(id);
    if (found == tracks_.end()) return broken(origin, damage::phantom, id, "a request without a job");
    found->second.has_body = true;
}

std::int64_t replay::last_step(job_id id) const {
    const auto found = tracks_.find(id);
    return found == tracks_.end() ? 0 : found->second.last;
}

verdict replay::finish() {
    for (const auto& [id, t] : tracks_) {
        if (!t.listed) broken(durable, damage::lost, id, "it has steps, but its row is gone");
        if (!t.has_body) broken(durable, damage::lost, id, "its request is gone");
    }
    std::sort(keys_.begin(), keys_.end());
    for (std::size_t i = 1; i < keys_.size(); ++i)
        if (keys_[i].first == keys_[i - 1].first)
            broken(one_job, damage::duplicated, keys_[i].second,
                   "the same message brought job " + lifecycle::to_text(keys_[i - 1].second));
    return std::move(out_);
}

}  // namespace trainyard::ledger
