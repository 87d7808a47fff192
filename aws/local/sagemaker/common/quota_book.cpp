#include "aws/local/sagemaker/common/quota_book.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::string_view joint = " for ";

// Parts named: the more the better; then type, use, account, region.
int weight(bool account, bool region, bool type, bool use) {
    const int named = int{account} + int{region} + int{type} + int{use};
    return named * 16 + int{type} * 8 + int{use} * 4 + int{account} * 2 + int{region};
}

constexpr std::pair<instance_use, std::string_view> totals[] = {
    {instance_use::training, "Number of instances across training jobs"},
    {instance_use::spot_training, "Number of instances across spot training jobs"},
    {instance_use::processing, "Number of instances across processing jobs"},
    {instance_use::transform, "Number of instances across transform jobs"},
    {instance_use::endpoint, "Number of instances across active endpoints"},
};

}  // namespace

std::string_view to_string(instance_use u) {
    switch (u) {
        case instance_use::training: return "training job usage";
        case instance_use::spot_training: return "spot training job usage";
        case instance_use::warm_pool: return "training warm pool usage";
        case instance_use::processing: return "processing job usage";
        case instance_use::transform: return "transform job usage";
        case instance_use::endpoint: return "endpoint usage";
    }
    return {};
}

std::optional<instance_use> read_instance_use(std::string_view text) {
    for (const instance_use u : instance_uses)
        if (to_string(u) == text) return u;
    return std::nullopt;
}

std::string quota_name(std::string_view type, instance_use use) {
    if (type == total_type)
        for (const auto& [known, name] : totals)
            if (known == use) return std::string{name};
    return fmt::format("{}{}{}", type, joint, to_string(use));
}

std::optional<std::pair<std::string, instance_use>> read_quota_name(std::string_view name) {
    for (const auto& [use, known] : totals)
        if (known == name) return std::pair{std::string{total_type}, use};
    const auto at = name.find(joint);
    if (at == std::string_view::npos) return std::nullopt;
    const auto use = read_instance_use(name.substr(at + joint.size()));
    if (!use) return std::nullopt;
    return std::pair{std::string{name.substr(0, at)}, *use};
}

std::string quota_book::over_limit::text() const {
    return fmt::format(
        "The account-level service limit '{}' is {} Instances, with current utilization of {} Instances and "
        "a request "
        "delta of {} Instances. Please use AWS Service Quotas to request an increase for this quota.",
        quota, limit, in_use, delta);
}

quota_book::quota_book(std::int64_t otherwise, std::map<std::string, std::int64_t> exceptions)
    : otherwise_(otherwise), exceptions_(std::move(exceptions)) {}

std::int64_t quota_book::limit(const account_id& account, const region_name& region, const std::string& type,
                               instance_use use) const {
    if (const auto own = set_.find({account, region, type, use}); own != set_.end()) return own->second;
    const bool total = type == total_type;
    std::int64_t best = total ? no_limit : otherwise_;
    if (exceptions_.empty()) return best;
    int best_weight = -1;
    for (int mask = 0; mask < 16; ++mask) {
        const bool a = (mask & 1) != 0, r = (mask & 2) != 0, t = (mask & 4) != 0, u = (mask & 8) != 0;
        if (weight(a, r, t, u) < best_weight || (total && !t)) continue;
        std::string key =
            fmt::format("{}/{}/{}", a ? account.str() : "*", r ? region.str() : "*", t ? type : "*");
        if (u) key.append("/").append(to_string(use));
        const auto found = exceptions_.find(key);
        if (found == exceptions_.end()) continue;
        best = found->second;
        best_weight = weight(a, r, t, u);
    }
    return best;
}

void quota_book::set_limit(const account_id& account, const region_name& region, const std::string& type,
                           instance_use use, std::int64_t limit) {
    set_[{account, region, type, use}] = limit;
}

std::optional<quota_book::over_limit> quota_book::take(const account_id& account, const region_name& region,
                                                       instance_use use, const instance_counts& instances) {
    for (const auto& [type, count] : instances) {
        const std::int64_t most = limit(account, region, type, use);
        const std::int64_t used = in_use(account, region, type, use);
        if (count > most || used > most - count) return over_limit{quota_name(type, use), most, used, count};
    }
    const std::string all{total_type};
    const std::int64_t most = limit(account, region, all, use), used = in_use(account, region, all, use);
    std::int64_t wanted = 0;
    for (const auto& [type, count] : instances) wanted += count;
    if (most != no_limit && (wanted > most || used > most - wanted))
        return over_limit{quota_name(all, use), most, used, wanted};
    add(account, region, use, instances);
    return std::nullopt;
}

void quota_book::add(const account_id& account, const region_name& region, instance_use use,
                     const instance_counts& instances) {
    if (instances.empty()) return;
    std::int64_t& all = used_[{account, region, std::string{total_type}, use}];
    for (const auto& [type, count] : instances) {
        used_[{account, region, type, use}] += count;
        all += count;
    }
}

void quota_book::hold(const account_id& account, const region_name& region, instance_use use,
                      const instance_counts& instances) {
    add(account, region, use, instances);
}

void quota_book::give_back(const account_id& account, const region_name& region, instance_use use,
                           const instance_counts& instances) {
    for (const auto& [type, count] : instances) {
        const auto at = used_.find({account, region, type, use});
        TY_CHECK(at != used_.end() && at->second >= count, "only what was taken is given back");
        if ((at->second -= count) == 0) used_.erase(at);
        const auto all = used_.find({account, region, std::string{total_type}, use});
        if ((all->second -= count) == 0) used_.erase(all);
    }
}

std::int64_t quota_book::in_use(const account_id& account, const region_name& region, const std::string& type,
                                instance_use use) const {
    const auto at = used_.find({account, region, type, use});
    return at == used_.end() ? 0 : at->second;
}

}  // namespace trainyard::aws::local::sagemaker
