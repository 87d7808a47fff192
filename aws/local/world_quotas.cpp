#include "aws/local/world_quotas.hpp"

#include <cmath>

namespace trainyard::aws::local {

std::optional<double> world_quotas::find(const account_id& account, const region_name& region,
                                         std::string_view quota) const {
    const auto known = sagemaker::read_quota_name(quota);
    if (!known) return std::nullopt;
    return static_cast<double>(book_.limit(account, region, known->first, known->second));
}

void world_quotas::set(const account_id& account, const region_name& region, std::string_view quota,
                       double value) {
    if (const auto known = sagemaker::read_quota_name(quota))
        book_.set_limit(account, region, known->first, known->second, std::llround(value));
}

}  // namespace trainyard::aws::local
