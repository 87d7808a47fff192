// The last decisions, always kept: a ring of plain records, so that keeping one costs no allocation.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "scheduler/policy/answers.hpp"
#include "scheduler/policy/names.hpp"

namespace trainyard::policy {

class decision_ring {
public:
    static constexpr std::size_t length = 256;
    static constexpr std::size_t scores_max = 4;  // of each decision; the best come first

    struct score {
        index pool = no_index;
        int preference = 0;
        std::int64_t refusals = 0, price = 0, budget = 0, fullness = 0;  // budget: -1 is unlimited
    };
    struct entry {
        wall_time at{};
        std::uint64_t job = 0, other = 0;  // other: see recent_decision
        index leaf = 0, pool = 0;
        reason why = reason::in_order;
        std::uint64_t share = 0;
        std::array<score, scores_max> scores{};
    };

    entry& next() { return entries_[count_++ % length] = {}; }
    template <class F>
    void each(F visit) const {
        for (std::uint64_t i = count_ > length ? count_ - length : 0; i < count_; ++i)
            visit(entries_[i % length]);
    }

private:
    std::array<entry, length> entries_{};
    std::uint64_t count_ = 0;
};

}  // namespace trainyard::policy
