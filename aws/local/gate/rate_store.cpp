#include "aws/local/gate/rate_store.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainyard::aws::local {

bool rate_store::take(const call_site& call, const rate& limit, mono_time now) {
    const std::string_view queue = call.service == "sqs" ? call.resource : std::string_view{};
    std::string key =
        fmt::format("{}/{}/{}/{}/{}", call.account, call.region, call.service, call.operation, queue);
    auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        if (by_key_.size() >= buckets_max_) {
            by_key_.erase(order_.front().key);
            order_.pop_front();
        }
        const auto at = order_.insert(order_.end(), bucket{key, limit.burst, now});
        found = by_key_.emplace(std::move(key), at).first;
    } else {
        order_.splice(order_.end(), order_, found->second);
    }
    bucket& b = *found->second;
    if (now > b.at) {
        const std::chrono::duration<double> passed = now - b.at;
        b.tokens = std::min(limit.burst, b.tokens + passed.count() * limit.per_second);
        b.at = now;
    }
    if (limit.per_second == 0 || b.tokens < 1) return false;
    b.tokens -= 1;
    return true;
}

void rate_store::forget_all() {
    by_key_.clear();
    order_.clear();
}

}  // namespace trainyard::aws::local
