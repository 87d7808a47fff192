#include "aws/local/quotas/quotas_service.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local::quotas {
namespace {

std::string text_of(json::value in, std::string_view member) {
    return std::string{in.find(member).string().value_or("")};
}

service_error unknown(std::string_view operation) {
    return {400, "UnknownOperationException", "",
            fmt::format("Service Quotas has no operation {} here.", operation), true};
}

}  // namespace

quotas_service::quotas_service(std::uint64_t seed, duration approval, quota_values& enforced)
    : table_(model::quotas_model(), {unknown, model::json_error}), store_(seed, approval, enforced) {
    using self = quotas_service;
    table_.add<self>(
        *this, {
                   {"GetAWSDefaultServiceQuota", &self::get_default_quota},
                   {"GetRequestedServiceQuotaChange", &self::get_requested_change},
                   {"GetServiceQuota", &self::get_service_quota, "ContextId"},
                   {"ListAWSDefaultServiceQuotas", &self::list_default_quotas},
                   {"ListRequestedServiceQuotaChangeHistory", &self::list_history},
                   {"ListRequestedServiceQuotaChangeHistoryByQuota", &self::list_history_by_quota},
                   {"ListServiceQuotas", &self::list_service_quotas},
                   {"ListServices", &self::list_services},
                   {"ListTagsForResource", &self::list_tags},
                   {"RequestServiceQuotaIncrease", &self::request_increase, "ContextId SupportCaseAllowed"},
                   {"TagResource", &self::tag_resource},
                   {"UntagResource", &self::untag_resource},
               });
}

service_reply quotas_service::handle(const operation_call& call) {
    store_.advance(call.now);
    return table_.handle(call);
}

quotas_result<quota_key> quotas_service::addressed(const operation_call& call) const {
    return store_.find({call.who.account, call.region}, text_of(call.input, "ServiceCode"),
                       text_of(call.input, "QuotaCode"));
}

quotas_result<quota_key> quotas_service::addressed_by_arn(const operation_call& call) const {
    const std::string arn = text_of(call.input, "ResourceARN");
    const auto found = store_.find_arn({call.who.account, call.region}, arn);
    if (!found) return no_such_resource(fmt::format("The quota {} does not exist.", arn));
    return *found;
}

service_reply quotas_service::tag_resource(const operation_call& call) {
    const auto key = addressed_by_arn(call);
    if (!key) return key.error();
    quota_store::tag_map tags = store_.tags(*key);
    for (const json::value tag : call.input.find("Tags").elements())
        tags[text_of(tag, "Key")] = text_of(tag, "Value");
    if (tags.size() > max_tags)
        return service_error{400, "TooManyTagsException", "", "The quota has more than 50 tags.", true};
    store_.change_tags(*key) = std::move(tags);
    return std::string{"{}"};
}

service_reply quotas_service::untag_resource(const operation_call& call) {
    const auto key = addressed_by_arn(call);
    if (!key) return key.error();
    for (const json::value each : call.input.find("TagKeys").elements())
        store_.change_tags(*key).erase(std::string{each.string().value_or("")});
    return std::string{"{}"};
}

service_reply quotas_service::list_tags(const operation_call& call) {
    const auto key = addressed_by_arn(call);
    if (!key) return key.error();
    json::writer out;
    out.begin_object().key("Tags").begin_array();
    for (const auto& [name, value] : store_.tags(*key))
        out.begin_object().member("Key", name).member("Value", value).end_object();
    out.end_array().end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::quotas
