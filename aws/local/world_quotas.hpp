// SageMaker's limits of instances as Service Quotas knows them; those that it changed are kept.
#pragma once

#include "aws/local/base/kept_part.hpp"
#include "aws/local/quotas/quota_values.hpp"
#include "aws/local/sagemaker/common/quota_book.hpp"

namespace trainyard::aws::local {

class world_quotas final : public quotas::quota_values, public kept_part {
public:
    explicit world_quotas(sagemaker::quota_book& book) : kept_part("limits"), book_(book) {}

    std::optional<double> find(const account_id& account, const region_name& region,
                               std::string_view quota) const override;
    void set(const account_id& account, const region_name& region, std::string_view quota,
             double value) override;

private:
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;

    sagemaker::quota_book& book_;
};

}  // namespace trainyard::aws::local
