// AWS's partitions: islands of regions with their own names. Source: the endpoint rules' partitions.json of
// the AWS SDKs; tests/golden/aws_partitions.tsv holds the published values.
#pragma once

#include <span>
#include <string_view>

namespace trainyard::aws {

struct partition {
    std::string_view id;                     // as in an ARN: aws, aws-cn, ...
    std::string_view prefixes;               // of its regions, separated by '|': <prefix>-<word>-<digits>
    std::string_view global_region;          // pseudo region that stands for the whole partition, or empty
    std::string_view dns_suffix;             // amazonaws.com
    std::string_view dual_stack_dns_suffix;  // api.aws
    std::string_view implicit_global_region;
    bool supports_fips, supports_dual_stack;
};

std::span<const partition> all_partitions();

// The partition of a region. A region that no partition claims belongs to "aws", as the SDKs have it: new
// regions work before a new release does.
const partition& partition_of(std::string_view region);

// A region becomes part of a host name, so only host name characters may stand in it; 1 to 32 of them.
bool is_region(std::string_view region);

}  // namespace trainyard::aws
