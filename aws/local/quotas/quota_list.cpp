#include "aws/local/quotas/quota_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "aws/local/quotas/sagemaker_quotas.hpp"

namespace trainyard::aws::local::quotas {
namespace {

using list = std::vector<quota_definition>;

quota_definition fixed(std::string_view name, double value) {
    return {made_up_code(name), std::string{name}, value, false};
}

// Codes and values: the service's page in the AWS General Reference.
list iam_quotas() {
    list out{
        {"L-F55AF5E4", "Users per account", 5000, false},
        {"L-FE177D64", "Roles per account", 1000},
        {"L-F4A5425F", "Groups per account", 300},
        {"L-0DA4ABF3", "Managed policies per role", 10},
        {"L-4019AD8B", "Managed policies per user", 10},
        {"L-E95E4862", "Customer managed policies per account", 1500},
        {"L-C07B4B0D", "Role trust policy length", 2048},
        {"L-858F3967", "OpenId connect providers per account", 100},
        {"L-6E65F664", "Instance profiles per account", 1000},
        {"L-8758042E", "Access keys per user", 2, false},
    };
    for (quota_definition& q : out) q.global = true;
    return out;
}

list sqs_quotas() {
    return {fixed("In-flight messages per standard queue", 120'000),
            fixed("In-flight messages per FIFO queue", 120'000),
            fixed("Messages per batch", 10),
            fixed("Message size in KiB", 1'024),
            fixed("Message attributes per message", 10),
            {made_up_code("Batched message throughput for FIFO queues"),
             "Batched message throughput for FIFO queues", 3'000}};
}

list sts_quotas() {
    return {{made_up_code("Request rate"), "Request rate", 600, false, false, "Second"}};
}

list events_quotas() {
    return {{made_up_code("Event buses"), "Event buses", 100},
            {made_up_code("Number of rules"), "Number of rules", 300},
            {made_up_code("Event pattern size"), "Event pattern size", 2'048},
            fixed("Targets per rule", 5),
            fixed("Entries per PutEvents request", 10)};
}

service_quotas sorted(std::string_view code, std::string_view name, list quotas, bool always_applied) {
    std::sort(quotas.begin(), quotas.end(),
              [](const quota_definition& a, const quota_definition& b) { return a.code < b.code; });
    return {code, name, std::move(quotas), always_applied};
}

std::map<std::string_view, service_quotas> build() {
    std::map<std::string_view, service_quotas> out;
    const auto add = [&](std::string_view code, std::string_view name, list quotas,
                         bool always_applied = false) {
        out.emplace(code, sorted(code, name, std::move(quotas), always_applied));
    };
    add("events", "Amazon EventBridge (CloudWatch Events)", events_quotas());
    add("iam", "AWS Identity and Access Management (IAM)", iam_quotas());
    add("sagemaker", "Amazon SageMaker", sagemaker_quotas(), true);
    add("sqs", "Amazon Simple Queue Service (Amazon SQS)", sqs_quotas());
    add("sts", "AWS Security Token Service (AWS STS)", sts_quotas());
    return out;
}

}  // namespace

const quota_definition* service_quotas::find(std::string_view quota_code) const {
    const auto at =
        std::lower_bound(quotas.begin(), quotas.end(), quota_code,
                         [](const quota_definition& q, std::string_view c) { return q.code < c; });
    return at != quotas.end() && at->code == quota_code ? &*at : nullptr;
}

const std::map<std::string_view, service_quotas>& quota_list() {
    static const auto all = build();
    return all;
}

std::string made_up_code(std::string_view quota_name) {
    std::uint32_t h = 2166136261U;  // FNV-1a
    for (const char c : quota_name) h = (h ^ static_cast<unsigned char>(c)) * 16777619U;
    return fmt::format("L-{:08X}", h);
}

}  // namespace trainyard::aws::local::quotas
