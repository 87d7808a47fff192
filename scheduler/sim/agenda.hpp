// Virtual time: what happens next, and when. Events at one instant happen in the order in which they were
// asked for, so a run depends on nothing but its seed.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "engine/base/check.hpp"
#include "engine/base/time.hpp"

namespace trainyard::sim {

class agenda {
public:
    using action = std::function<void()>;

    duration now() const { return now_; }  // since the run began
    std::uint64_t steps() const { return steps_; }

    void at(duration when, action what) {
        heap_.push_back({std::max(when, now_), next_++, std::move(what)});
        std::push_heap(heap_.begin(), heap_.end(), later{});
    }
    void after(duration wait, action what) { at(now_ + wait, std::move(what)); }

    // Lets time go on to the next event; false when there is none until `last`, and then it is `last`.
    bool step(duration last) {
        if (heap_.empty() || heap_.front().when > last) {
            now_ = std::max(now_, last);
            return false;
        }
        std::pop_heap(heap_.begin(), heap_.end(), later{});
        entry next = std::move(heap_.back());
        heap_.pop_back();
        TY_CHECK(next.when >= now_, "time does not go back");
        now_ = next.when;
        ++steps_;
        next.what();
        return true;
    }

private:
    struct entry {
        duration when;
        std::uint64_t order;
        action what;
    };
    struct later {
        bool operator()(const entry& a, const entry& b) const {
            return a.when != b.when ? a.when > b.when : a.order > b.order;
        }
    };
    std::vector<entry> heap_;
    std::uint64_t next_ = 0, steps_ = 0;
    duration now_{};
};

}  // namespace trainyard::sim
