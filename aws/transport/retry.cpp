#include "aws/transport/retry.hpp"

#include <algorithm>
#include <cmath>

namespace trainyard::aws {

namespace {

bool may_repeat(failure kind, bool retry_unknown_effect) {
    switch (kind) {
        case failure::throttled:
        case failure::unreachable: return true;
        case failure::service_fault:
        case failure::effect_unknown: return retry_unknown_effect;
        default: return false;
    }
}

}  // namespace

retry_machine::decision retry_machine::failed(failure kind, bool timed_out, mono_time now, rng& random,
                                              std::optional<duration> server_wish) {
    ++attempts_;
    if (!may_repeat(kind, rules_.retry_unknown_effect) || attempts_ >= rules_.attempts_max) return {};
    const double ceiling = std::min(std::exp2(std::min(attempts_ - 1, 10)), backoff_cap_seconds);
    auto pause = std::chrono::duration_cast<duration>(std::chrono::duration<double>(random.unit() * ceiling));
    if (server_wish) pause = std::clamp(*server_wish, pause, pause + server_wish_max);
    if (now + pause >= rules_.deadline) return {};
    const int cost = timed_out ? retry_quota::cost_timeout : retry_quota::cost_retry;
    if (!quota_->take(cost)) return {};
    last_cost_ = cost;
    return {true, pause};
}

void retry_machine::succeeded() {
    ++attempts_;
    quota_->give(last_cost_ > 0 ? last_cost_ : 1);
}

}  // namespace trainyard::aws
