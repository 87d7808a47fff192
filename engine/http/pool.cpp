#include "engine/http/pool.hpp"

#include <algorithm>

#include "engine/base/check.hpp"

namespace trainyard::http {

pool::pool(pool_limits limits) : limits_(limits) {
    limits_.lane_max = std::max<std::size_t>(limits_.lane_max, 1);
    limits_.total_max = std::max(limits_.total_max, lane_count);
    limits_.lane_reserve = std::clamp<std::size_t>(
        limits_.lane_reserve, 1, std::min(limits_.lane_max, limits_.total_max / lane_count));
}

// What a lane does not use of its reserve counts as used, so it is there when the lane wants it.
bool pool::may_use(const lane_state& l) const {
    if (l.in_use >= limits_.lane_max) return false;
    if (l.in_use < limits_.lane_reserve) return true;
    std::size_t committed = 0;
    for (const lane_state& each : lanes_) committed += std::max(each.in_use, limits_.lane_reserve);
    return committed < limits_.total_max;
}

pool::grant pool::take(lane by, mono_time now) {
    grant out;
    if (!idle_.empty()) {
        const idle_slot last = idle_.back();
        idle_.pop_back();
        out.which = last.which;
        out.open = now >= last.since + limits_.idle_max || now >= slots_[last.which].opened + limits_.age_max;
    } else if (!gone_.empty()) {
        out = {gone_.back(), true};
        gone_.pop_back();
    } else {
        TY_CHECK(slots_.size() < limits_.total_max, "a lane was promised a connection over the limit");
        out = {slots_.size(), true};
        slots_.emplace_back();
    }
    slot_info& s = slots_[out.which];
    s.is = state::used;
    s.by = by;
    if (out.open) s.opened = now;
    ++lanes_[index(by)].in_use;
    ++in_use_total_;
    return out;
}

std::optional<pool::grant> pool::acquire(lane from, ticket who, mono_time now) {
    lane_state& l = lanes_[index(from)];
    if (may_use(l)) return take(from, now);
    l.line.push_back({who, arrivals_++});
    places_.emplace(who, std::pair{index(from), std::prev(l.line.end())});
    return std::nullopt;
}

pool::lane_state* pool::next_in_line() {
    lane_state* first = nullptr;
    for (lane_state& l : lanes_) {
        if (l.line.empty() || !may_use(l)) continue;
        if (!first || l.line.front().arrived < first->line.front().arrived) first = &l;
    }
    return first;
}

std::optional<std::pair<pool::ticket, pool::grant>> pool::give_back(slot which, bool reusable,
                                                                    mono_time now) {
    TY_CHECK(which < slots_.size() && slots_[which].is == state::used,
             "a slot is given back once, by who acquired it");
    slot_info& s = slots_[which];
    --lanes_[index(s.by)].in_use;
    --in_use_total_;
    const bool keep = reusable && now < s.opened + limits_.age_max;
    s.is = keep ? state::idle : state::gone;
    if (keep)
        idle_.push_back({which, now});
    else
        gone_.push_back(which);
    lane_state* const next = next_in_line();
    if (!next) return std::nullopt;
    const ticket first = next->line.front().who;
    next->line.pop_front();
    places_.erase(first);
    return std::pair{first, take(static_cast<lane>(next - lanes_.data()), now)};
}

void pool::opened(slot which, mono_time now) {
    TY_CHECK(which < slots_.size() && slots_[which].is == state::used, "only a slot in use can be opened");
    slots_[which].opened = now;
}

bool pool::withdraw(ticket who) {
    const auto it = places_.find(who);
    if (it == places_.end()) return false;
    const auto [where, place] = it->second;
    lanes_[where].line.erase(place);
    places_.erase(it);
    return true;
}

std::vector<pool::slot> pool::expire(mono_time now) {
    std::vector<slot> out;
    while (!idle_.empty() && next_expiry() <= now) {
        const slot which = idle_.front().which;
        idle_.pop_front();
        slots_[which].is = state::gone;
        gone_.push_back(which);
        out.push_back(which);
    }
    return out;
}

mono_time pool::next_expiry() const {
    return idle_.empty() ? mono_time::max() : idle_.front().since + limits_.idle_max;
}

bool pool::holds(slot which) const {
    return which < slots_.size() && slots_[which].is != state::gone;
}

}  // namespace trainyard::http
