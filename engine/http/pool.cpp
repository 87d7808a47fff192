#include "engine/http/pool.hpp"

#include <algorithm>

#include "engine/base/check.hpp"

namespace trainyard::http {

std::optional<pool::grant> pool::acquire(ticket who, mono_time now) {
    if (!idle_.empty() && idle_.back().expires > now) {
        const slot which = idle_.back().which;
        idle_.pop_back();
        return grant{which, false};
    }
    if (!idle_.empty()) {
        const slot which = idle_.back().which;
        idle_.pop_back();
        slots_[which] = now;
        return grant{which, true};
    }
    if (slots_.size() < limits_.connections_max) {
        const slot which = next_++;
        slots_.emplace(which, now);
        return grant{which, true};
    }
    line_.push_back(who);
    return std::nullopt;
}

std::optional<std::pair<pool::ticket, pool::grant>> pool::give_back(slot which, bool reusable,
                                                                    mono_time now) {
    const auto it = slots_.find(which);
    TY_CHECK(it != slots_.end(), "a slot is given back once, by who acquired it");
    const mono_time too_old = it->second + limits_.age_max;
    const bool keep = reusable && now < too_old;
    if (!line_.empty()) {
        const ticket first = line_.front();
        line_.pop_front();
        if (!keep) it->second = now;
        return std::pair{first, grant{which, !keep}};
    }
    if (keep)
        idle_.push_back({which, std::min(now + limits_.idle_max, too_old)});
    else
        slots_.erase(it);
    return std::nullopt;
}

void pool::opened(slot which, mono_time now) {
    const auto it = slots_.find(which);
    TY_CHECK(it != slots_.end(), "only a slot in use can be opened");
    it->second = now;
}

bool pool::withdraw(ticket who) {
    const auto it = std::find(line_.begin(), line_.end(), who);
    if (it == line_.end()) return false;
    line_.erase(it);
    return true;
}

std::vector<pool::slot> pool::expire(mono_time now) {
    std::vector<slot> gone;
    for (const idle_slot& i : idle_)
        if (i.expires <= now) gone.push_back(i.which);
    std::erase_if(idle_, [now](const idle_slot& i) { return i.expires <= now; });
    for (const slot which : gone) slots_.erase(which);
    return gone;
}

mono_time pool::next_expiry() const {
    mono_time next = mono_time::max();
    for (const idle_slot& i : idle_) next = std::min(next, i.expires);
    return next;
}

}  // namespace trainyard::http
