// Which quotas there are, by service, with AWS's defaults. Pure.
// https://docs.aws.amazon.com/general/latest/gr/aws-service-information.html
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace trainyard::aws::local::quotas {

struct quota_definition {
    std::string code, name;
    double value = 0;  // AWS's default
    bool adjustable = true;
    bool global = false;  // of the account, not of each of its regions
    std::string_view unit = "None";
};

struct service_quotas {
    std::string_view code, name;
    std::vector<quota_definition> quotas;  // by code
    bool always_applied = false;           // an account has its own value of each, at first the default
    const quota_definition* find(std::string_view quota_code) const;  // null when there is none
};

// By service code. SageMaker's per-type quotas are those of the instance types in its model; where AWS's code
// of a quota is not public, made_up_code() stands for it.
const std::map<std::string_view, service_quotas>& quota_list();

// "L-" and eight hex digits, always the same for a name.
std::string made_up_code(std::string_view quota_name);

}  // namespace trainyard::aws::local::quotas
