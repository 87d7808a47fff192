// The endpoint rule sets of the services that Trainyard calls, as one table. Pure. Source: the services'
// published endpoint-rule-set-1.json; tests/golden/aws_endpoints.tsv is what those say for every region and
// switch.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard::aws {

struct endpoint_switches {
    bool fips = false;
    bool dual_stack = false;
};

struct service_names {
    std::string_view signing_name;  // sqs
    std::string_view service_id;    // as AWS_ENDPOINT_URL_<ID> has it: SQS; lower case in a file
};
// Null for a service without rules.
const service_names* find_service(std::string_view signing_name);

struct rule_answer {
    std::string url;  // https://host
    std::string signing_region;
};

// Where `service` is in `region`, and the region that signs. errc::invalid_argument: no such service, no
// region name, or the partition has not what a switch asks for.
result<rule_answer> endpoint_by_rules(std::string_view service, std::string_view region, endpoint_switches s);

// The region that signs requests to a custom endpoint: `region`, but a global service (iam) has its
// partition's own.
std::string signing_region_of(std::string_view service, std::string_view region);

// A custom endpoint goes with neither switch: it says itself where it is. `authority` is host[:port].
result<void> check_custom(std::string_view service, std::string_view region, std::string_view authority,
                          endpoint_switches s);

}  // namespace trainyard::aws
