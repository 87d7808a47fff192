#include "scheduler/policy/decay.hpp"

#include <algorithm>
#include <limits>

namespace trainyard::policy {
namespace {

__extension__ typedef unsigned __int128 wide;

constexpr std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t one_step = 9124017994966720698ULL;  // 2^(-1/64), times 2^63, rounded down

std::uint64_t saturated(wide x) {
    return x > top ? top : static_cast<std::uint64_t>(x);
}

}  // namespace

decay::decay(duration half_life)
    : forgets_(half_life > duration::zero()),
      step_(forgets_ ? std::max(half_life, half_life_min) / steps_per_half_life : sampling) {
    factor_[0] = one_step;
    sum_[0] = one_step >> 19U;
    for (std::size_t k = 1; k < powers; ++k) {
        factor_[k] = static_cast<std::uint64_t>(wide{factor_[k - 1]} * factor_[k - 1] >> 63U);
        sum_[k] = sum_[k - 1] + static_cast<std::uint64_t>(wide{sum_[k - 1]} * factor_[k - 1] >> 63U);
    }
}

wall_time decay::step_before(wall_time t) const {
    const std::int64_t since = t.time_since_epoch().count(), step = step_.count();
    return wall_time{duration{(since / step - (since % step < 0 ? 1 : 0)) * step}};
}

std::uint64_t decay::after(std::uint64_t past, std::int64_t used, std::int64_t steps) const {
    if (!forgets_)
        return saturated(wide{past} + wide{usage_of(used, step_)} * static_cast<std::uint64_t>(steps));
    const std::uint64_t rate = usage_of(used, step_);
    std::int64_t left = std::min<std::int64_t>(steps, std::int64_t{1} << (powers - 1));
    for (std::size_t k = 0; left > 0; ++k, left >>= 1U) {
        if ((left & 1) == 0) continue;
        past = saturated((wide{past} * factor_[k] >> 63U) + (wide{rate} * sum_[k] >> 44U));
    }
    return past;
}

std::uint64_t usage_of(std::int64_t instances, duration time) {
    const std::int64_t ms = std::max<std::int64_t>(0, time / std::chrono::milliseconds{1});
    return saturated(wide{static_cast<std::uint64_t>(std::max<std::int64_t>(0, instances))} *
                     static_cast<std::uint64_t>(ms));
}

}  // namespace trainyard::policy
