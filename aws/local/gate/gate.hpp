// What stands between the front and the services: request rates and fault rules. The services know nothing
// of it. Pure.
#pragma once

#include "aws/local/gate/fault_store.hpp"
#include "aws/local/gate/rate_store.hpp"
#include "aws/local/gate/rate_table.hpp"

namespace trainyard::aws::local {

struct gate {
    rate_table rates;
    rate_store buckets;
    fault_store faults;

    bool idle() const { return rates.empty() && faults.empty(); }
};

}  // namespace trainyard::aws::local
