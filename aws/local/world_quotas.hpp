// SageMaker's limits of instances as Service Quotas knows them.
#pragma once

#include "aws/local/quotas/quota_values.hpp"
#include "aws/local/sagemaker/common/quota_book.hpp"

namespace trainyard::aws::local {

class world_quotas final : public quotas::quota_values {
public:
    explicit world_quotas(sagemaker::quota_book& book) : book_(book) {}

    std::optional<double> find(const account_id& account, const region_name& region,
                               std::string_view quota) const override;
    void set(const account_id& account, const region_name& region, std::string_view quota,
             double value) override;

private:
    sagemaker::quota_book& book_;
};

}  // namespace trainyard::aws::local
