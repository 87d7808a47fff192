#include "bench/fleet_world.hpp"

#include <algorithm>
#include <charconv>

#include "aws/local/gate/rate_table.hpp"
#include "aws/sagemaker/codec.hpp"
#include "engine/base/check.hpp"
#include "scheduler/dispatcher/answers.hpp"

namespace trainyard::bench {
namespace {

constexpr std::size_t page_max = 100;
constexpr double rounding = 1e-6;  // of sums of doubles

double aws_rate(std::string_view operation) {
    const auto r = aws::local::default_rate({"sagemaker", operation, "", "", ""}, false);
    TY_CHECK(r.has_value(), "AWS limits every operation of SageMaker");
    return r->per_second;
}

}  // namespace

fleet_world::fleet_world(std::size_t pools)
    : buckets_(pools * lifecycle::kind_count), by_place_(pools * lifecycle::kind_count) {
    for (std::size_t k = 0; k < lifecycle::kind_count; ++k) {
        const auto& words = aws::sagemaker::words_of(dispatcher::to_aws(static_cast<lifecycle::kind>(k)));
        rates_[k] = {aws_rate(words.create), aws_rate(words.describe), aws_rate(words.list),
                     aws_rate(words.stop)};
    }
    for (std::size_t i = 0; i < buckets_.size(); ++i)
        for (std::size_t c = 0; c < fleet_calls; ++c)
            buckets_[i][c].tokens = std::max(1.0, rates_[i % lifecycle::kind_count][c]);
}

bool fleet_world::admit(std::size_t pool, lifecycle::kind k, fleet_call what, duration now) {
    const auto c = static_cast<std::size_t>(what);
    const double rate = rates_[static_cast<std::size_t>(k)][c];
    bucket& b = buckets_[place(pool, k)][c];
    ++asked_[c];
    b.tokens =
        std::min(std::max(1.0, rate), b.tokens + rate * std::chrono::duration<double>(now - b.last).count());
    b.last = now;
    if (b.tokens < 1 - rounding) {
        ++throttled_[c];
        return false;
    }
    b.tokens -= 1;
    return true;
}

std::string fleet_world::create(std::size_t pool, lifecycle::kind k, std::string name, duration runs,
                                duration now) {
    const auto number = static_cast<std::uint32_t>(jobs_.size());
    std::string key = k == lifecycle::kind::pipeline ? "arn:execution/" + name : name;
    jobs_.push_back({std::move(name), static_cast<std::uint32_t>(pool), k, now, now + runs, {}});
    TY_CHECK(by_key_.emplace(key, number).second, "an attempt is started once");
    by_place_[place(pool, k)].push_back(number);
    return key;
}

const fleet_world::job* fleet_world::find(const std::string& key) const {
    const auto at = by_key_.find(key);
    return at == by_key_.end() ? nullptr : &jobs_[at->second];
}

void fleet_world::remove(const std::string& key, duration gone) {
    const auto at = by_key_.find(key);
    if (at != by_key_.end() && !jobs_[at->second].gone) jobs_[at->second].gone = gone;
}

std::string_view fleet_world::status(const job& j, duration now) {
    using lifecycle::kind;
    if (j.gone) return now >= *j.gone ? "" : "Deleting";
    const bool ended = now >= j.ends;
    if (j.kind == kind::endpoint) return ended ? "InService" : "Creating";
    if (j.kind == kind::pipeline) return ended ? "Succeeded" : "Executing";
    return ended ? "Completed" : "InProgress";
}

fleet_world::page fleet_world::list(std::size_t pool, lifecycle::kind k,
                                    std::optional<duration> changed_after,
                                    std::optional<duration> created_after, const std::string& token,
                                    duration now) const {
    const std::vector<std::uint32_t>& all = by_place_[place(pool, k)];
    std::size_t i = 0;
    std::from_chars(token.data(), token.data() + token.size(), i);
    page out;
    for (; i < all.size() && out.jobs.size() < page_max; ++i) {
        const job& j = jobs_[all[i]];
        if (status(j, now).empty()) continue;
        const duration changed = now >= j.ends ? j.ends : j.began;
        if (changed_after && changed <= *changed_after) continue;
        if (created_after && j.began <= *created_after) continue;
        out.jobs.push_back(&j);
        out.newest = std::max(out.newest.value_or(changed), changed);
    }
    if (i < all.size()) out.next_token = std::to_string(i);
    return out;
}

}  // namespace trainyard::bench
