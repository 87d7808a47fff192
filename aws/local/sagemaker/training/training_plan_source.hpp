// Training plans as training jobs see them: reserved instances and the time in which they are there.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/time.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local::sagemaker {

struct training_plan_window {
    wall_time from{}, until{};   // Active; Scheduled before, Expired after
    std::int64_t instances = 0;  // reserved
};

class training_plan_source {
public:
    virtual ~training_plan_source() = default;
    // Nothing for a plan that the account does not have in that region.
    virtual std::optional<training_plan_window> find_plan(const account_id& account,
                                                          const region_name& region,
                                                          std::string_view arn) const = 0;
};

}  // namespace trainyard::aws::local::sagemaker
