#include "aws/local/world_quotas.hpp"

#include <cmath>
#include <string>

namespace trainyard::aws::local {
namespace {

// The instance type of a quota that is enforced; else empty.
std::string type_of(std::string_view quota) {
    for (const std::string_view use : {" for training job usage", " for spot training job usage"})
        if (quota.ends_with(use)) return std::string{quota.substr(0, quota.size() - use.size())};
    return {};
}

}  // namespace

std::optional<double> world_quotas::find(const account_id& account, const region_name& region,
                                         std::string_view quota) const {
    const std::string type = type_of(quota);
    if (type.empty()) return std::nullopt;
    return static_cast<double>(limits_.limit(account, region, type));
}

void world_quotas::set(const account_id& account, const region_name& region, std::string_view quota,
                       double value) {
    limits_.set(account, region, type_of(quota), std::llround(value));
}

}  // namespace trainyard::aws::local
