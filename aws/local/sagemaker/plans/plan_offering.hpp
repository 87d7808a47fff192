// What can be bought as a training plan: instances of a type for some hours from a time on. Pure.
// An offering's id says all of it, so nothing has to be remembered of what was searched.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

inline constexpr std::size_t offerings_told = 3;
// Made up: AWS's fees depend on type, region and day. US dollars for an instance and hour.
inline constexpr std::int64_t plan_fee = 10;

struct plan_offering {
    std::string instance_type;
    std::int64_t instances = 1, hours = 24;
    wall_time start{};                 // on the clock, whole seconds
    std::vector<std::string> targets;  // TargetResources

    std::string id() const;
    // Nothing for a text that is no offering's id.
    static std::optional<plan_offering> of_id(std::string_view id);
    wall_time end(double time_scale) const;
    std::string fee() const;  // "240.00"
    bool is_for(std::string_view target) const;
};

// The answer of SearchTrainingPlanOfferings: from the next half hour or StartTimeAfter on, a day later, and a
// week later, as far as they end before EndTimeBefore.
std::vector<plan_offering> search_offerings(json::value input, double time_scale, wall_time now);

void write_offering(json::writer& out, const plan_offering& o, json::value input, double time_scale,
                    std::string_view zone);

}  // namespace trainyard::aws::local::sagemaker
