// SageMaker's limits of instances as Service Quotas knows them.
#pragma once

#include "aws/local/quotas/quota_values.hpp"
#include "aws/local/sagemaker/job_store.hpp"

namespace trainyard::aws::local {

// One limit stands for the on-demand and the spot quota of a type.
class world_quotas final : public quotas::quota_values {
public:
    explicit world_quotas(instance_limits& limits) : limits_(limits) {}

    std::optional<double> find(const account_id& account, const region_name& region,
                               std::string_view quota) const override;
    void set(const account_id& account, const region_name& region, std::string_view quota,
             double value) override;

private:
    instance_limits& limits_;
};

}  // namespace trainyard::aws::local
