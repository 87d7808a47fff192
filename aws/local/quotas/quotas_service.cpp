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

}  // namespace

quotas_service::quotas_service(std::uint64_t seed, duration approval, quota_values& enforced)
    : validator_(model::quotas_model()), store_(seed, approval, enforced) {}

quotas_service::operation quotas_service::find_operation(std::string_view name) {
    using self = quotas_service;
    static constexpr std::array<std::pair<std::string_view, operation>, 12> table{{
        {"GetAWSDefaultServiceQuota", &self::get_default_quota},
        {"GetRequestedServiceQuotaChange", &self::get_requested_change},
        {"GetServiceQuota", &self::get_service_quota},
        {"ListAWSDefaultServiceQuotas", &self::list_default_quotas},
        {"ListRequestedServiceQuotaChangeHistory", &self::list_history},
        {"ListRequestedServiceQuotaChangeHistoryByQuota", &self::list_history_by_quota},
        {"ListServiceQuotas", &self::list_service_quotas},
        {"ListServices", &self::list_services},
        {"ListTagsForResource", &self::list_tags},
        {"RequestServiceQuotaIncrease", &self::request_increase},
        {"TagResource", &self::tag_resource},
        {"UntagResource", &self::untag_resource},
    }};
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const auto& row) { return row.first == name; });
    return found == table.end() ? nullptr : found->second;
}

service_reply quotas_service::handle(const operation_call& call) {
    const operation run = find_operation(call.operation);
    const model::operation* const modelled = model::quotas_model().find(call.operation);
    if (run == nullptr || modelled == nullptr)
        return service_error{400, "UnknownOperationException", "",
                             fmt::format("Service Quotas has no operation {} here.", call.operation), true};
    if (const auto wrong = validator_.check(*modelled, call.input)) {
        if (wrong->what == model::invalid::kind::serialization)
            return serialization_exception(wrong->message);
        return validation_exception(wrong->message);
    }
    store_.advance(call.now);
    return (this->*run)(call);
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
