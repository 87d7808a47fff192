// Token buckets of every account, region, operation and, in SQS, queue. Pure: the time comes with each call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <string>
#include <unordered_map>

#include "aws/local/gate/call_site.hpp"
#include "aws/local/gate/rate_table.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local {

// Of 1,000 accounts with 100 operations each. Beyond it the bucket that was used longest ago is forgotten,
// which gives its owner one burst more.
inline constexpr std::size_t buckets_max = 100'000;

class rate_store {
public:
    explicit rate_store(std::size_t buckets = buckets_max) : buckets_max_(buckets) {}

    // True when the call is within `limit`; it is then counted. A call beyond it costs nothing. The same call
    // site must come with the same limit until forget_all(). `now` may stand still, and goes back for no one.
    bool take(const call_site& call, const rate& limit, mono_time now);
    // After a limit changed: every bucket is full again.
    void forget_all();
    std::size_t buckets() const { return by_key_.size(); }

private:
    struct bucket {
        std::string key;
        double tokens;
        mono_time at;
    };
    using order = std::list<bucket>;  // least recently used first

    std::size_t buckets_max_;
    order order_;
    std::unordered_map<std::string, order::iterator> by_key_;
};

}  // namespace trainyard::aws::local
