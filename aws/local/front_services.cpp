#include "aws/local/front_services.hpp"

#include <algorithm>

namespace trainyard::aws::local {
namespace {

using texts = std::string_view;

constexpr std::array<texts, 4> sagemaker_capital{"ConflictException", "ResourceInUse",
                                                 "ResourceLimitExceeded", "ResourceNotFound"};
constexpr std::array<texts, 17> quotas_capital{"AWSServiceAccessNotEnabledException",
                                               "AccessDeniedException",
                                               "DependencyAccessDeniedException",
                                               "IllegalArgumentException",
                                               "InvalidPaginationTokenException",
                                               "InvalidResourceStateException",
                                               "NoAvailableOrganizationException",
                                               "NoSuchResourceException",
                                               "OrganizationNotInAllFeaturesModeException",
                                               "QuotaExceededException",
                                               "ResourceAlreadyExistsException",
                                               "ServiceException",
                                               "ServiceQuotaTemplateNotInUseException",
                                               "TagPolicyViolationException",
                                               "TemplatesNotAvailableInRegionException",
                                               "TooManyRequestsException",
                                               "TooManyTagsException"};
constexpr std::array<texts, 2> sts_unsigned{"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"};

constexpr std::array<service_row, services_known> table{{
    {service_name::sqs, model::sqs_model, "1.0", true, "AmazonSQS", {}, {}},
    {service_name::sagemaker, model::sagemaker_model, "1.1", false, "SageMaker", sagemaker_capital, {}},
    {service_name::sts, model::sts_model, "", true, "AWSSecurityTokenService", {}, sts_unsigned},
    {service_name::iam, model::iam_model, "", true, "AWSIdentityManagement", {}, {}},
    {service_name::events, model::events_model, "1.1", false, "AWSEvents", {}, {}},
    {service_name::quotas, model::quotas_model, "1.1", false, "ServiceQuotas", quotas_capital, {}},
}};

// The first row that fits; `other` when none does.
template <class Fits>
service_name find_if(Fits fits) {
    const auto* const found = std::find_if(table.begin(), table.end(), fits);
    return found == table.end() ? service_name::other : found->name;
}

}  // namespace

std::span<const service_row, services_known> service_table() {
    return table;
}

const service_row* find_row(service_name s) {
    return s == service_name::other ? nullptr : &table[static_cast<std::size_t>(s)];
}

std::string_view to_string(service_name s) {
    const service_row* const row = find_row(s);
    return row ? row->model().signing_name : "other";
}

service_name by_signing_name(std::string_view name) {
    return find_if([&](const service_row& r) { return r.model().signing_name == name; });
}

service_name by_target_prefix(std::string_view prefix) {
    return find_if(
        [&](const service_row& r) { return !r.json_version.empty() && r.model().target_prefix == prefix; });
}

service_name by_query_version(std::string_view version) {
    return find_if([&](const service_row& r) { return r.query && r.model().version == version; });
}

}  // namespace trainyard::aws::local
