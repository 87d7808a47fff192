#include "aws/transport/endpoint_rules.hpp"

#include <algorithm>
#include <array>

#include "aws/transport/partition.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws {

namespace {

enum class variant : unsigned char { plain, dual, fips, fips_dual };

variant variant_of(endpoint_switches s) {
    if (s.fips) return s.dual_stack ? variant::fips_dual : variant::fips;
    return s.dual_stack ? variant::dual : variant::plain;
}

// Regional services: <host>.<region>.<suffix of the partition>.
struct regional {
    service_names names;
    std::string_view host, fips_host;
};
constexpr std::array regionals{
    regional{{"sqs", "SQS"}, "sqs", "sqs-fips"},
    regional{{"sagemaker", "SAGEMAKER"}, "api.sagemaker", "api.sagemaker-fips"},
    regional{{"sts", "STS"}, "sts", "sts-fips"},
    regional{{"events", "EVENTBRIDGE"}, "events", "events-fips"},
    regional{{"servicequotas", "SERVICE_QUOTAS"}, "servicequotas", "servicequotas-fips"},
    regional{{"dynamodb", "DYNAMODB"}, "dynamodb", "dynamodb-fips"},
    regional{{"s3", "S3"}, "s3", "s3-fips"},
};
constexpr service_names iam_names{"iam", "IAM"};

// What differs from the regional form; the first match wins. {r}: the region.
struct exception {
    std::string_view service;
    std::string_view place;  // a partition's id or a region
    variant which;
    std::string_view url;
    std::string_view signing_region = {};  // empty: the region itself
};
constexpr std::array exceptions{
    exception{"sqs", "aws-us-gov", variant::fips, "https://sqs.{r}.amazonaws.com"},
    exception{"sts", "aws-us-gov", variant::fips, "https://sts.{r}.amazonaws.com"},
    exception{"servicequotas", "aws-us-gov", variant::fips, "https://servicequotas.{r}.amazonaws.com"},
    exception{"dynamodb", "aws-us-gov", variant::fips, "https://dynamodb.{r}.amazonaws.com"},
    exception{"sagemaker", "aws", variant::fips, "https://api-fips.sagemaker.{r}.amazonaws.com"},
    exception{"sagemaker", "aws-us-gov", variant::fips, "https://api-fips.sagemaker.{r}.amazonaws.com"},
    exception{"events", "us-gov-east-1", variant::fips, "https://events.{r}.amazonaws.com"},
    exception{"events", "us-gov-west-1", variant::fips, "https://events.{r}.amazonaws.com"},
    exception{"events", "aws-us-gov", variant::fips_dual, "https://events.{r}.api.aws"},
    exception{"sts", "aws-global", variant::plain, "https://sts.amazonaws.com", "us-east-1"},
    // Unlike the others, S3's dual-stack hosts have the plain suffix.
    exception{"s3", "aws", variant::dual, "https://s3.dualstack.{r}.amazonaws.com"},
    exception{"s3", "aws", variant::fips_dual, "https://s3-fips.dualstack.{r}.amazonaws.com"},
    exception{"s3", "aws-us-gov", variant::dual, "https://s3.dualstack.{r}.amazonaws.com"},
    exception{"s3", "aws-us-gov", variant::fips_dual, "https://s3-fips.dualstack.{r}.amazonaws.com"},
    exception{"s3", "aws-cn", variant::dual, "https://s3.dualstack.{r}.amazonaws.com.cn"},
    exception{"dynamodb", "local", variant::plain, "http://localhost:8000", "us-east-1"},
};

// iam is one endpoint a partition.
struct iam_rule {
    std::string_view partition, signing_region;
    std::array<std::string_view, 4> hosts;  // by variant
};
constexpr std::array iam_rules{
    iam_rule{
        "aws",
        "us-east-1",
        {"iam.amazonaws.com", "iam.global.api.aws", "iam-fips.amazonaws.com", "iam-fips.global.api.aws"}},
    iam_rule{"aws-cn",
             "cn-north-1",
             {"iam.cn-north-1.amazonaws.com.cn", "iam.global.api.amazonwebservices.com.cn",
              "iam-fips.amazonaws.com.cn", "iam-fips.api.amazonwebservices.com.cn"}},
    iam_rule{"aws-eusc",
             "eusc-de-east-1",
             {"iam.eusc-de-east-1.amazonaws.eu", "iam.global.api.amazonwebservices.eu",
              "iam-fips.amazonaws.eu", "iam-fips.api.amazonwebservices.eu"}},
    iam_rule{"aws-iso",
             "us-iso-east-1",
             {"iam.us-iso-east-1.c2s.ic.gov", "iam.api.aws.ic.gov", "iam-fips.us-iso-east-1.c2s.ic.gov",
              "iam-fips.api.aws.ic.gov"}},
    iam_rule{"aws-iso-b",
             "us-isob-east-1",
             {"iam.us-isob-east-1.sc2s.sgov.gov", "iam.api.aws.scloud",
              "iam-fips.us-isob-east-1.sc2s.sgov.gov", "iam-fips.api.aws.scloud"}},
    iam_rule{"aws-iso-e",
             "eu-isoe-west-1",
             {"iam.eu-isoe-west-1.cloud.adc-e.uk", "iam.api.cloud-aws.adc-e.uk", "iam-fips.cloud.adc-e.uk",
              "iam-fips.api.cloud-aws.adc-e.uk"}},
    iam_rule{"aws-iso-f",
             "us-isof-south-1",
             {"iam.us-isof-south-1.csp.hci.ic.gov", "iam.api.aws.hci.ic.gov", "iam-fips.csp.hci.ic.gov",
              "iam-fips.api.aws.hci.ic.gov"}},
    iam_rule{
        "aws-us-gov",
        "us-gov-west-1",
        {"iam.us-gov.amazonaws.com", "iam.us-gov.api.aws", "iam.us-gov.amazonaws.com", "iam.us-gov.api.aws"}},
};

const iam_rule& iam_rule_of(const partition& p) {
    const auto found = std::find_if(iam_rules.begin(), iam_rules.end(),
                                    [&p](const iam_rule& r) { return r.partition == p.id; });
    return found == iam_rules.end() ? iam_rules.front() : *found;
}

const regional* find_regional(std::string_view service) {
    const auto found = std::find_if(regionals.begin(), regionals.end(),
                                    [service](const regional& r) { return r.names.signing_name == service; });
    return found == regionals.end() ? nullptr : &*found;
}

std::string fill_region(std::string_view url, std::string_view region) {
    std::string out{url};
    if (const auto at = out.find("{r}"); at != std::string::npos) out.replace(at, 3, region);
    return out;
}

error invalid(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

result<void> check_names(std::string_view service, std::string_view region) {
    if (find_service(service) == nullptr)
        return invalid("no endpoint rule for service \"" + printable(service, 40) + "\"");
    if (!is_region(region))
        return invalid("\"" + printable(region, 40) +
                       "\" is not an AWS region; set AWS_REGION, for example to us-east-1");
    return {};
}

}  // namespace

const service_names* find_service(std::string_view signing_name) {
    if (signing_name == iam_names.signing_name) return &iam_names;
    const auto* found = find_regional(signing_name);
    return found == nullptr ? nullptr : &found->names;
}

result<rule_answer> endpoint_by_rules(std::string_view service, std::string_view region,
                                      endpoint_switches s) {
    if (auto ok = check_names(service, region); !ok) return ok.error();
    const auto& p = partition_of(region);
    const variant which = variant_of(s);
    if (service == "dynamodb" && region == "local" && which != variant::plain)
        return invalid("region local has neither FIPS nor dual-stack endpoints");
    if ((s.fips && !p.supports_fips) || (s.dual_stack && !p.supports_dual_stack))
        return invalid("partition " + std::string{p.id} + " has no " +
                       (s.fips && !p.supports_fips ? "FIPS" : "dual-stack") + " endpoints");
    if (service == iam_names.signing_name) {
        const auto& rule = iam_rule_of(p);
        return rule_answer{"https://" + std::string{rule.hosts.at(static_cast<std::size_t>(which))},
                           std::string{rule.signing_region}};
    }
    for (const auto& e : exceptions)
        if (e.service == service && e.which == which && (e.place == region || e.place == p.id))
            return rule_answer{fill_region(e.url, region),
                               std::string{e.signing_region.empty() ? region : e.signing_region}};
    const auto& rule = *find_regional(service);
    std::string url = "https://";
    url.append(s.fips ? rule.fips_host : rule.host).append(".").append(region).append(".");
    url.append(s.dual_stack ? p.dual_stack_dns_suffix : p.dns_suffix);
    return rule_answer{std::move(url), std::string{region}};
}

std::string signing_region_of(std::string_view service, std::string_view region) {
    return std::string{service == iam_names.signing_name ? iam_rule_of(partition_of(region)).signing_region
                                                         : region};
}

result<void> check_custom(std::string_view service, std::string_view region, std::string_view authority,
                          endpoint_switches s) {
    if (auto ok = check_names(service, region); !ok) return ok.error();
    if (s.fips)
        return invalid(
            "FIPS and a custom endpoint do not go together: unset AWS_USE_FIPS_ENDPOINT, or the "
            "endpoint URL");
    if (s.dual_stack)
        return invalid(
            "dual-stack and a custom endpoint do not go together: unset AWS_USE_DUALSTACK_ENDPOINT, "
            "or the endpoint URL");
    const auto own =
        "dynamodb." + std::string{region} + "." + std::string{partition_of(region).dual_stack_dns_suffix};
    if (service == "dynamodb" && (authority == own || authority == "search-" + own))
        return invalid(
            "DynamoDB's dual-stack endpoint cannot be set as a URL: set AWS_USE_DUALSTACK_ENDPOINT=true "
            "instead");
    return {};
}

}  // namespace trainyard::aws
