// Where a quota is enforced.
#pragma once

#include <optional>
#include <string_view>

#include "engine/base/units.hpp"

namespace trainyard::aws::local::quotas {

// Named as Service Quotas names them: "ml.g5.xlarge for training job usage".
class quota_values {
public:
    virtual ~quota_values() = default;
    // The value that is enforced now; nothing for a quota that is not enforced.
    virtual std::optional<double> find(const account_id& account, const region_name& region,
                                       std::string_view quota) const = 0;
    virtual void set(const account_id& account, const region_name& region, std::string_view quota,
                     double value) = 0;
};

}  // namespace trainyard::aws::local::quotas
