// Service Quotas of the local AWS. No coroutine, clock or I/O.
// https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/
#pragma once

#include <optional>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/model/operation_table.hpp"
#include "aws/local/quotas/quota_store.hpp"

namespace trainyard::aws::local::quotas {

class quotas_service {
public:
    // `enforced` outlives the service.
    quotas_service(std::uint64_t seed, duration approval, quota_values& enforced);

    // The table calls back into this.
    quotas_service(const quotas_service&) = delete;
    quotas_service& operator=(const quotas_service&) = delete;

    service_reply handle(const operation_call& call);
    const model::operation_table& operations() const { return table_; }
    void advance(wall_time now) { store_.advance(now); }
    durable& kept() { return store_; }

private:
    service_reply list_services(const operation_call& call);
    service_reply list_service_quotas(const operation_call& call);
    service_reply list_default_quotas(const operation_call& call);
    service_reply get_service_quota(const operation_call& call);
    service_reply get_default_quota(const operation_call& call);
    service_reply request_increase(const operation_call& call);
    service_reply get_requested_change(const operation_call& call);
    service_reply list_history(const operation_call& call);
    service_reply list_history_by_quota(const operation_call& call);
    service_reply tag_resource(const operation_call& call);
    service_reply untag_resource(const operation_call& call);
    service_reply list_tags(const operation_call& call);

    service_reply write_history(const operation_call& call, const quota_definition* only) const;
    quotas_result<quota_key> addressed(const operation_call& call) const;
    quotas_result<quota_key> addressed_by_arn(const operation_call& call) const;

    model::operation_table table_;
    quota_store store_;
};

}  // namespace trainyard::aws::local::quotas
