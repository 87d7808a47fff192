// The messages of a FIFO group in the order of their numbers, side by side in memory: a group's messages lie
// far apart, and what a receive takes can be asked of memory all at once. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace trainyard::aws::local {

template <class Message>
class message_line {
public:
    bool empty() const { return live_ == 0; }
    std::size_t size() const { return live_; }
    // Null when there is none.
    Message* front() const { return empty() ? nullptr : places_[first_].second; }

    // Behind all others it costs nothing, elsewhere a move of those behind it.
    void add(std::uint64_t number, Message& m) {
        ++live_;
        if (places_.empty() || places_.back().first < number) {
            places_.emplace_back(number, &m);
        } else {
            const auto at = places_.insert(find(number), {number, &m});
            first_ = std::min(first_, static_cast<std::size_t>(at - places_.begin()));
        }
        skip_removed();
    }

    // Of a message that is there. A place is empty from then on, and taken away with others.
    void remove(std::uint64_t number) {
        find(number)->second = nullptr;
        --live_;
        constexpr std::size_t few = 16;
        if (places_.size() > few && places_.size() > 2 * live_) {
            std::erase_if(places_, [](const auto& p) { return p.second == nullptr; });
            first_ = 0;
        }
        skip_removed();
    }

    // The next ones behind that number, at most `count`.
    void next(std::uint64_t behind, std::size_t count, std::vector<Message*>& out) const {
        out.clear();
        auto at = places_.begin() + static_cast<std::ptrdiff_t>(first_);
        if (at != places_.end() && at->first <= behind)
            at = std::upper_bound(at, places_.end(), behind, less);
        for (; at != places_.end() && out.size() < count; ++at)
            if (at->second != nullptr) out.push_back(at->second);
    }

private:
    using place = std::pair<std::uint64_t, Message*>;  // null: removed
    static bool less(std::uint64_t n, const place& p) { return n < p.first; }

    typename std::vector<place>::iterator find(std::uint64_t number) {
        const auto begin = places_.begin() + static_cast<std::ptrdiff_t>(first_);
        if (begin != places_.end() && begin->first == number) return begin;
        return std::lower_bound(places_.begin(), places_.end(), number,
                                [](const place& p, std::uint64_t n) { return p.first < n; });
    }
    void skip_removed() {
        if (live_ == 0) {
            places_.clear();
            first_ = 0;
        }
        while (first_ < places_.size() && places_[first_].second == nullptr) ++first_;
    }

    std::vector<place> places_;  // from `first_` on, which is not removed
    std::size_t first_ = 0, live_ = 0;
};

}  // namespace trainyard::aws::local
