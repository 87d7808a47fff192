#include "scheduler/policy/profile.hpp"

#include <algorithm>

namespace trainyard::policy {
namespace {

std::int64_t end_of(std::int64_t at, std::int64_t runtime) {
    return runtime > end_of_time - at ? end_of_time : at + runtime;
}

}  // namespace

room_profile::line& room_profile::line_of(index pool, index resource) {
    const auto [it, fresh] = lines_.try_emplace({pool, resource});
    if (!fresh) return it->second;
    const pool_state& p = fleet_.pools()[pool];
    const amount limit = resource == no_index ? p.jobs_max : p.lines[resource].limit;
    const amount used = resource == no_index ? p.jobs : p.lines[resource].used;
    std::int64_t free = limit.is_unlimited() ? end_of_time / 2 : limit.count() - used.count();
    line& l = it->second;
    l.push_back({from_, free});
    const endings& ends = resource == no_index ? ends_[pool].back() : ends_[pool][resource];
    ends.each([&](const ending& e) {
        free += e.instances;
        const std::int64_t at = std::max(e.at, from_);
        // What runs longer than expected ends at once, but not before something else has been decided.
        if (at == l.back().at && at > from_)
            l.back().free = free;
        else
            l.push_back({at == from_ ? from_ + 1 : at, free});
        return true;
    });
    for (std::size_t i = l.size(); i-- > 1;)
        if (l[i - 1].at == l[i].at) l.erase(l.begin() + static_cast<std::ptrdiff_t>(i) - 1);
    return l;
}

// The first time at or after `from` at which `wanted` are free for the whole runtime.
std::int64_t room_profile::fit(const line& l, std::int64_t wanted, std::int64_t from, std::int64_t runtime) {
    std::size_t i = 0;
    while (i + 1 < l.size() && l[i + 1].at <= from) ++i;
    for (; i < l.size(); ++i) {
        if (l[i].free < wanted) continue;
        const std::int64_t at = std::max(from, l[i].at), end = end_of(at, runtime);
        std::size_t k = i + 1;
        while (k < l.size() && l[k].at < end && l[k].free >= wanted) ++k;
        if (k == l.size() || l[k].at >= end) return at;
        i = k;
    }
    return end_of_time;
}

std::int64_t room_profile::earliest_in(index pool, const needs& n, std::int64_t runtime) {
    const bool slots = !fleet_.pools()[pool].jobs_max.is_unlimited();
    std::int64_t at = from_;
    for (bool moved = true; moved && at != end_of_time;) {
        moved = false;
        for (std::size_t i = 0; i < n.size() + (slots ? 1 : 0) && at != end_of_time; ++i) {
            const line& l = line_of(pool, i < n.size() ? n[i].resource : no_index);
            const std::int64_t t = fit(l, i < n.size() ? n[i].instances.count() : 1, at, runtime);
            moved = moved || t > at;
            at = std::max(at, t);
        }
    }
    return at;
}

room_profile::place room_profile::earliest(const std::vector<index>& pools, const needs& n,
                                           std::int64_t runtime, index lane) {
    place best;
    for (const index p : pools) {
        if ((lane != no_index && fleet_.pools()[p].lane != lane) || fleet_.pools()[p].paused) continue;
        const std::int64_t at = earliest_in(p, n, runtime);
        if (at != end_of_time && (best.pool == no_index || at < best.at ||
                                  (at == best.at && fleet_.better(p, best.pool, n, no_index))))
            best = {p, at};
    }
    return best;
}

bool room_profile::has_room(index pool, const needs& n, std::int64_t at, std::int64_t runtime) {
    for (const need& x : n)
        if (fit(line_of(pool, x.resource), x.instances.count(), at, runtime) != at) return false;
    return fleet_.pools()[pool].jobs_max.is_unlimited() || fit(line_of(pool, no_index), 1, at, runtime) == at;
}

void room_profile::subtract(line& l, std::int64_t wanted, std::int64_t from, std::int64_t runtime) {
    const std::int64_t end = end_of(from, runtime);
    const auto split = [&](std::int64_t at) {
        const auto it = std::ranges::upper_bound(l, at, {}, &step::at);
        if (at == end_of_time || it == l.begin() || (it - 1)->at == at) return;
        l.insert(it, {at, (it - 1)->free});
    };
    split(from);
    split(end);
    for (step& s : l)
        if (s.at >= from && s.at < end) s.free -= wanted;
}

void room_profile::take(index pool, const needs& n, std::int64_t at, std::int64_t runtime) {
    for (const need& x : n) subtract(line_of(pool, x.resource), x.instances.count(), at, runtime);
    if (!fleet_.pools()[pool].jobs_max.is_unlimited()) subtract(line_of(pool, no_index), 1, at, runtime);
}

// A line that is made later has it already.
void room_profile::took(index pool, const needs& n, std::int64_t at, std::int64_t runtime) {
    for (const need& x : n)
        if (const auto it = lines_.find({pool, x.resource}); it != lines_.end())
            subtract(it->second, x.instances.count(), at, runtime);
    if (const auto it = lines_.find({pool, no_index}); it != lines_.end())
        subtract(it->second, 1, at, runtime);
}

void room_profile::keep(const reservation& r) {
    for (const reservation::line& l : r.lines)
        subtract(line_of(r.pool, l.resource), l.wanted, r.at, end_of_time);
}

}  // namespace trainyard::policy
