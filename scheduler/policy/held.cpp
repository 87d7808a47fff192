#include "scheduler/policy/held.hpp"

#include <algorithm>
#include <utility>

#include "engine/base/check.hpp"

namespace trainyard::policy {

void held_jobs::add(pending_job j, const std::vector<std::uint64_t>& known) {
    const std::uint64_t id = j.id;
    held_job h;
    h.open = known.size();
    h.succeeded = known.size() < j.depends_on.size();
    h.job = std::move(j);
    const auto [it, fresh] = jobs_.emplace(id, std::move(h));
    TY_CHECK(fresh, "a job was added twice");
    for (const std::uint64_t d : known) dependents_[d].push_back(id);
}

const held_job* held_jobs::find(std::uint64_t id) const {
    const auto it = jobs_.find(id);
    return it == jobs_.end() ? nullptr : &it->second;
}

held_jobs::news held_jobs::ended(std::uint64_t id, outcome how) {
    news out;
    const auto it = dependents_.find(id);
    if (it == dependents_.end()) return out;
    const std::vector<std::uint64_t> waiting = std::move(it->second);
    dependents_.erase(it);
    for (const std::uint64_t d : waiting) {
        const auto at = jobs_.find(d);
        if (at == jobs_.end()) continue;
        held_job& h = at->second;
        const bool was_ready = h.ready();
        if (h.open > 0) --h.open;
        if (how == outcome::succeeded) h.succeeded = true;
        const bool hopeless = (h.job.when == depends::all && how == outcome::failed) ||
                              (h.job.when == depends::any && h.open == 0 && !h.succeeded);
        if (hopeless && !was_ready)
            out.unsatisfiable.push_back(d);
        else if (!was_ready && h.ready())
            out.ready.push_back(d);
    }
    return out;
}

pending_job held_jobs::take(std::uint64_t id) {
    const auto it = jobs_.find(id);
    TY_CHECK(it != jobs_.end(), "only a held job can be taken");
    pending_job j = std::move(it->second.job);
    jobs_.erase(it);
    return j;
}

index held_jobs::gang_index(const std::string& name, std::size_t size) {
    const auto [it, fresh] = gang_names_.try_emplace(name, 0);
    if (!fresh) return it->second;
    if (free_gangs_.empty()) {
        it->second = static_cast<index>(gangs_.size());
        gangs_.emplace_back();
    } else {
        it->second = free_gangs_.back();
        free_gangs_.pop_back();
    }
    gangs_[it->second] = {};
    gangs_[it->second].name = name;
    gangs_[it->second].size = size;
    return it->second;
}

index held_jobs::gang_of_started(std::uint64_t id) const {
    const auto it = started_.find(id);
    return it == started_.end() ? no_index : it->second.gang;
}

void held_jobs::join(std::uint64_t id) {
    held_job& h = jobs_.at(id);
    h.gang = gang_index(h.job.gang, h.job.gang_size);
    gang& g = gangs_[h.gang];
    TY_CHECK(g.shape == no_index, "a gang that is queued takes no member");
    const auto place = [&](std::uint64_t x) { return std::pair{jobs_.at(x).job.submitted, x}; };
    g.ready.insert(std::ranges::lower_bound(g.ready, place(id), {}, place), id);
    ++g.members;
}

void held_jobs::leave(std::uint64_t id) {
    held_job& h = jobs_.at(id);
    gang& g = gangs_[h.gang];
    std::erase(g.ready, id);
    --g.members;
    forget_if_empty(std::exchange(h.gang, no_index));
}

void held_jobs::member_started(std::uint64_t id) {
    const auto it = jobs_.find(id);
    gang& g = gangs_[it->second.gang];
    std::erase(g.ready, id);
    ++g.gone;
    started_[id] = {it->second.gang, std::move(it->second.job)};
    jobs_.erase(it);
}

pending_job held_jobs::member_back(std::uint64_t id) {
    const auto it = started_.find(id);
    gang& g = gangs_[it->second.gang];
    --g.gone;
    --g.members;
    pending_job j = std::move(it->second.job);
    started_.erase(it);
    return j;
}

void held_jobs::member_ended(std::uint64_t id) {
    const auto it = started_.find(id);
    const index g = it->second.gang;
    started_.erase(it);
    --gangs_[g].members;
    forget_if_empty(g);
}

void held_jobs::forget_if_empty(index g) {
    if (gangs_[g].members > 0) return;
    gang_names_.erase(gangs_[g].name);
    gangs_[g] = {};
    free_gangs_.push_back(g);
}

}  // namespace trainyard::policy
