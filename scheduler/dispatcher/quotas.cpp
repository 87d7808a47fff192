#include "scheduler/dispatcher/quotas.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace trainyard::dispatcher {
namespace {

constexpr std::int32_t not_told = -1;

struct use_words {
    instance_use use;
    std::string_view quota;   // as the quota's name ends
    std::string_view suffix;  // of the resource
};
constexpr std::array<use_words, instance_uses> uses{{
    {instance_use::training, " for training job usage", ":training"},
    {instance_use::processing, " for processing job usage", ":processing"},
    {instance_use::transform, " for transform job usage", ":transform"},
    {instance_use::endpoint, " for endpoint usage", ":endpoint"},
    {instance_use::spot, " for spot training job usage", spot_suffix},
}};

std::optional<instance_use> use_of_kind(lifecycle::kind k) {
    switch (k) {
        case lifecycle::kind::training:
        case lifecycle::kind::tuning: return instance_use::training;
        case lifecycle::kind::processing: return instance_use::processing;
        case lifecycle::kind::transform: return instance_use::transform;
        case lifecycle::kind::endpoint: return instance_use::endpoint;
        case lifecycle::kind::pipeline: return std::nullopt;
    }
    return std::nullopt;
}

std::size_t place_of(instance_use u) {
    return static_cast<std::size_t>(u);
}

std::int32_t whole(double value) {
    return static_cast<std::int32_t>(
        std::clamp(std::floor(value), 0.0, double{std::numeric_limits<std::int32_t>::max()}));
}

}  // namespace

std::optional<quota_subject> read_quota_name(std::string_view name) {
    for (const use_words& u : uses) {
        if (!name.ends_with(u.quota)) continue;
        const std::string_view type = name.substr(0, name.size() - u.quota.size());
        if (!type.starts_with("ml.") || type.find(' ') != std::string_view::npos) return std::nullopt;
        return quota_subject{type, u.use};
    }
    return std::nullopt;
}

std::optional<std::string> use_of(std::string_view resource, lifecycle::kind k) {
    const auto use = use_of_kind(k);
    if (!use || resource.ends_with(spot_suffix)) return std::nullopt;
    return std::string{resource} + std::string{uses[place_of(*use)].suffix};
}

std::vector<std::string> uses_of(std::string_view resource) {
    std::vector<std::string> out;
    if (resource.ends_with(spot_suffix)) return out;
    for (const use_words& u : uses)
        if (u.use != instance_use::spot) out.push_back(std::string{resource} + std::string{u.suffix});
    return out;
}

void quota_table::take(std::vector<values>& to, const std::vector<aws::quotas::quota>& from) {
    for (const aws::quotas::quota& q : from) {
        const auto subject = read_quota_name(q.name);
        if (!subject) continue;
        const std::size_t type = types_.try_emplace(std::string{subject->type}, types_.size()).first->second;
        if (to.size() <= type) to.resize(type + 1, {not_told, not_told, not_told, not_told, not_told});
        to[type][place_of(subject->use)] = whole(q.value);
    }
}

void quota_table::set(const std::string& pool, const std::vector<aws::quotas::quota>& applied,
                      const std::vector<aws::quotas::quota>& defaults) {
    std::vector<values>& to = pools_[pool];
    to.clear();
    take(to, defaults);
    take(to, applied);
    to.shrink_to_fit();
}

void quota_table::set_unreadable(const std::string& pool) {
    pools_.try_emplace(pool);
}

std::optional<policy::amount> quota_table::limit(const std::string& pool, std::string_view resource) const {
    const auto known = pools_.find(pool);
    if (known == pools_.end()) return std::nullopt;
    std::string_view type = resource;
    std::optional<instance_use> only;
    for (const use_words& u : uses)
        if (resource.ends_with(u.suffix)) {
            type.remove_suffix(u.suffix.size());
            only = u.use;
        }
    const auto at = types_.find(std::string{type});
    if (at == types_.end() || at->second >= known->second.size()) return policy::amount::unlimited();
    const values& v = known->second[at->second];
    if (only) {
        const std::int32_t n = v[place_of(*only)];
        return n == not_told ? policy::amount::unlimited() : policy::amount{n};
    }
    policy::amount sum;
    bool told = false;
    for (const use_words& u : uses) {
        const std::int32_t n = v[place_of(u.use)];
        if (u.use == instance_use::spot || n == not_told) continue;
        sum += policy::amount{n};
        told = true;
    }
    return told ? sum : policy::amount::unlimited();
}

quota_watch::quota_watch(const std::set<std::string>& pools, duration interval, mono_time now)
    : interval_(interval) {
    for (const std::string& p : pools) waiting_.emplace(now, p);
}

std::vector<std::string> quota_watch::due(mono_time now) {
    std::vector<std::string> out;
    while (under_way_ < asked_at_once_max && !waiting_.empty() && waiting_.begin()->first <= now) {
        out.push_back(waiting_.begin()->second);
        waiting_.erase(waiting_.begin());
        ++under_way_;
    }
    return out;
}

void quota_watch::handle(const std::string& pool, bool read, mono_time now) {
    --under_way_;
    waiting_.emplace(now + (read ? interval_ : std::min(retry, interval_)), pool);
}

std::optional<mono_time> quota_watch::next_time() const {
    if (waiting_.empty() || under_way_ >= asked_at_once_max) return std::nullopt;
    return waiting_.begin()->first;
}

}  // namespace trainyard::dispatcher
