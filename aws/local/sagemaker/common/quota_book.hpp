// How many instances of each type may be in use at once, for which use, and how many are. Pure.
// Names and texts: Service Quotas of Amazon SageMaker.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "engine/base/units.hpp"

namespace trainyard::aws::local::sagemaker {

enum class instance_use : unsigned char {
    training,
    spot_training,
    warm_pool,
    processing,
    transform,
    endpoint
};
inline constexpr instance_use instance_uses[] = {instance_use::training,  instance_use::spot_training,
                                                 instance_use::warm_pool, instance_use::processing,
                                                 instance_use::transform, instance_use::endpoint};
std::string_view to_string(instance_use u);  // "training job usage"
std::optional<instance_use> read_instance_use(std::string_view text);
// "ml.g5.xlarge for training job usage", and back; nothing for another quota.
std::string quota_name(std::string_view type, instance_use use);
std::optional<std::pair<std::string, instance_use>> read_quota_name(std::string_view name);

// All types of a use together, in place of a type: "Number of instances across training jobs". Only what is
// set limits them, not the limit of each type. There is no such quota of warm pools.
inline constexpr std::string_view total_type = "total";
inline constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

using instance_counts = std::map<std::string, std::int64_t>;  // by instance type

class quota_book {
public:
    struct over_limit {
        std::string quota;  // its name
        std::int64_t limit = 0, in_use = 0, delta = 0;
        std::string text() const;  // of ResourceLimitExceeded
    };

    // Exceptions by "account/region/type" or "account/region/type/use", "*" for any part. The one that names
    // more parts wins; between two with as many, the type counts most, then the use, then the account.
    quota_book(std::int64_t otherwise, std::map<std::string, std::int64_t> exceptions);

    std::int64_t limit(const account_id& account, const region_name& region, const std::string& type,
                       instance_use use) const;
    // What is in use already stays.
    void set_limit(const account_id& account, const region_name& region, const std::string& type,
                   instance_use use, std::int64_t limit);

    // All of `instances` or nothing: then the first quota that stands in the way.
    std::optional<over_limit> take(const account_id& account, const region_name& region, instance_use use,
                                   const instance_counts& instances);
    // The same whatever the limits are: of what was taken before a restart.
    void hold(const account_id& account, const region_name& region, instance_use use,
              const instance_counts& instances);
    void give_back(const account_id& account, const region_name& region, instance_use use,
                   const instance_counts& instances);
    std::int64_t in_use(const account_id& account, const region_name& region, const std::string& type,
                        instance_use use) const;

private:
    void add(const account_id& account, const region_name& region, instance_use use,
             const instance_counts& instances);
    using place = std::tuple<account_id, region_name, std::string, instance_use>;
    std::int64_t otherwise_;
    std::map<std::string, std::int64_t> exceptions_;
    std::map<place, std::int64_t> set_, used_;
};

}  // namespace trainyard::aws::local::sagemaker
