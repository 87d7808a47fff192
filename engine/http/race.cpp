#include "engine/http/race.hpp"

#include <algorithm>

namespace trainyard::http {

std::vector<boost::asio::ip::address> interleave(const std::vector<boost::asio::ip::address>& resolved) {
    std::vector<boost::asio::ip::address> first, second, out;
    for (const auto& a : resolved) {
        auto& family = a.is_v6() == resolved.front().is_v6() ? first : second;
        if (std::find(family.begin(), family.end(), a) == family.end()) family.push_back(a);
    }
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size()) out.push_back(first[i]);
        if (i < second.size()) out.push_back(second[i]);
    }
    return out;
}

race_plan::step race_plan::next(mono_time now) {
    const bool more = started_ < attempts_;
    if (more && (running_ == 0 || now >= next_start_)) {
        next_start_ = now + attempt_stagger;
        ++running_;
        return {action::start, started_++, {}};
    }
    if (running_ == 0) return {action::lost, 0, {}};
    return {action::wait, 0, more ? next_start_ : mono_time::max()};
}

}  // namespace trainyard::http
