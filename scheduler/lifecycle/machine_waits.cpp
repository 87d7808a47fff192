// What waits: for other jobs, for a time, for the outlets of a queue.
#include <fmt/format.h>

#include "scheduler/lifecycle/machine.hpp"

namespace trainyard::lifecycle {
namespace {

constexpr duration tell_again = std::chrono::seconds{10};

// Names are the tenant's own: no job waits for one that it cannot see.
std::string dependency_key(const std::string& tenant, const std::string& name) {
    return tenant + "\n" + name;
}

}  // namespace

const job* machine::dependency_of(const job& j, const std::string& name) const {
    if (const auto id = parse_job_id(name)) {
        const auto found = jobs_.find(*id);
        if (found != jobs_.end() && found->second.facts.tenant == j.facts.tenant) return &found->second;
    }
    const auto found = newest_.find(dependency_key(j.facts.tenant, name));
    return found == newest_.end() ? nullptr : &jobs_.at(found->second);
}

machine::settled machine::settle(const job& j, std::string& why) const {
    const dependency& d = j.facts.terms.depends_on;
    std::size_t succeeded = 0, ended = 0;
    bool after = false;
    std::string lost;
    for (const std::string& name : d.jobs) {
        const job* other = dependency_of(j, name);
        if (other != nullptr && comes_after(*other, j)) {
            // Each would wait for the other.
            lost = fmt::format("depends on {}, which comes after it in its message group", name);
            after = true;
            ++ended;
            continue;
        }
        if (other == nullptr || !is_terminal(other->state)) continue;
        ++ended;
        if (other->state == state::succeeded)
            ++succeeded;
        else if (lost.empty())
            lost = fmt::format("depends on {}, which {}", name, to_string(other->state));
    }
    switch (d.rule) {
        case dependency_rule::all:
            if (!lost.empty()) break;
            return succeeded == d.jobs.size() ? settled::go : settled::no;
        case dependency_rule::any:
            if (succeeded > 0) return settled::go;
            if (ended < d.jobs.size()) return settled::no;
            break;
        case dependency_rule::always:
            if (after) break;
            return ended == d.jobs.size() ? settled::go : settled::no;
    }
    why = std::move(lost);
    return settled::never;
}

std::vector<std::string> machine::waits_for(job_id id) const {
    std::vector<std::string> out;
    const auto found = jobs_.find(id);
    if (found == jobs_.end()) return out;
    const job& j = found->second;
    if (j.state != state::pending || j.progress.released) return out;
    for (const std::string& name : j.facts.terms.depends_on.jobs) {
        const job* other = dependency_of(j, name);
        if (other != nullptr && is_terminal(other->state)) continue;
        out.push_back(
            fmt::format("{} ({})", name, other == nullptr ? "not here yet" : to_string(other->state)));
    }
    return out;
}

// A pending job that has just come, was restored, or may have been waited for long enough.
void machine::make_ready(job& j, wall_time now) {
    const job_id id = j.facts.id;
    const auto& names = j.facts.terms.depends_on.jobs;
    if (!names.empty() && !j.progress.released) {
        std::string why;
        const settled s = settle(j, why);
        if (s == settled::no) {
            for (const std::string& n : names) dependents_.emplace(dependency_key(j.facts.tenant, n), id);
            return;
        }
        if (s == settled::never) return end(j, state::cancelled, why, now);
        j.progress.released = true;
        move(j, state::pending, "", now);
    }
    if (ahead_in_group(j) != nullptr) {
        held_.insert(id);
        return;
    }
    held_.erase(id);
    if (j.not_before && *j.not_before > now) return wait_until(id, *j.not_before);
    j.not_before.reset();
    out_.quota.push_back(quota::make_pending{id});
}

// They are looked at when time passes next, so that a long chain is no deep recursion.
void machine::wake_dependents(const job& j, wall_time now) {
    if (dependents_.empty()) return;
    for (const std::string& name : {j.facts.name, to_text(j.facts.id)}) {
        const auto [first, last] = dependents_.equal_range(dependency_key(j.facts.tenant, name));
        for (auto i = first; i != last; ++i) wait_until(i->second, now);
        dependents_.erase(first, last);
    }
}

std::optional<wall_time> machine::expires(const job& j) const {
    if (j.facts.terms.max_wait_seconds == 0 || j.state != state::pending || j.attempt > 0) return {};
    return j.facts.accepted + std::chrono::seconds{j.facts.terms.max_wait_seconds};
}

void machine::handle_told(job_id id, bool sent, wall_time now) {
    const auto found = jobs_.find(id);
    if (found == jobs_.end() || !found->second.progress.result_due) return;
    if (!sent) return wait_until(id, now + jittered(tell_again, tell_again, 0));
    job& j = found->second;
    j.progress.result_due = false;
    --untold_;
    ++counters_.told;
    // The time of the end stays what it was.
    move(j, j.state, j.reason, j.updated);
}

void machine::handle_time(wall_time now) {
    while (!waits_.empty() && waits_.begin()->first <= now) {
        const job_id id = waits_.begin()->second;
        waits_.erase(waits_.begin());
        job& j = jobs_.at(id);
        switch (j.state) {
            case state::pending: time_for_pending(j, now); break;
            case state::starting:
                if (tracking_.at(id).unknown) look(j, true);
                break;
            case state::running: time_for_running(j, now); break;
            case state::stopping:
                if (std::exchange(tracking_.at(id).stop_again, false)) {
                    out_.effects.push_back(effect::stop{ref(j)});
                } else if (tracking_.at(id).missing > 0 || kind_of(j.facts) == kind::endpoint) {
                    look(j, false);
                }
                break;
            default:
                if (j.progress.result_due) out_.effects.push_back(effect::tell{id});
        }
    }
}

void machine::time_for_pending(job& j, wall_time now) {
    if (const auto e = expires(j); e && *e <= now) {
        ++counters_.expired;
        return end(
            j, state::expired,
            fmt::format("waited longer than its max_wait_seconds of {}", j.facts.terms.max_wait_seconds),
            now);
    }
    const bool waits_for_jobs = !j.facts.terms.depends_on.jobs.empty() && !j.progress.released;
    if (waits_for_jobs || held_.contains(j.facts.id) || (j.not_before && *j.not_before <= now))
        make_ready(j, now);
}

void machine::time_for_running(job& j, wall_time now) {
    const auto lifetime = std::chrono::seconds{j.facts.terms.lifetime_seconds};
    if (j.progress.serving && lifetime.count() > 0 && *j.progress.serving + lifetime <= now)
        return begin_stop(j, stop_cause::lifetime, "at the end of its lifetime", now);
    if (tracking_.at(j.facts.id).missing > 0) look(j, false);
}

std::optional<wall_time> machine::next_time() const {
    return waits_.empty() ? std::nullopt : std::optional{waits_.begin()->first};
}

}  // namespace trainyard::lifecycle
