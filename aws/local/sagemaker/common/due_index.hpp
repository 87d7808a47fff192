// When each of many things has something to do next, so that the earliest is known at once however many there
// are. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

// Things are told apart by their address, which stays theirs while they are in here.
template <class T>
class due_index {
public:
    // Nothing: it waits for nothing. O(log n) when that is new.
    void set(T& what, const std::optional<wall_time>& when) {
        const auto known = when_.find(&what);
        if (known != when_.end()) {
            if (when == known->second.first) return;
            order_.erase(known->second);
            when_.erase(known);
        }
        if (!when) return;
        const entry at{*when, ++last_};
        when_.emplace(&what, at);
        order_.emplace(at, &what);
    }
    std::optional<wall_time> first() const {
        return order_.empty() ? std::nullopt : std::optional{order_.begin()->first.first};
    }
    // Those whose time has come, in the order of their times; they stay in here.
    std::vector<T*> due(wall_time now) const {
        std::vector<T*> out;
        for (auto at = order_.begin(); at != order_.end() && at->first.first <= now; ++at)
            out.push_back(at->second);
        return out;
    }

private:
    // Between equal times the order in which they were set, not that of addresses: runs repeat.
    using entry = std::pair<wall_time, std::uint64_t>;
    std::uint64_t last_ = 0;
    std::map<T*, entry> when_;
    std::map<entry, T*> order_;
};

}  // namespace trainyard::aws::local::sagemaker
