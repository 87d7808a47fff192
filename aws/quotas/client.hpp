// Service Quotas: what an account may use in a region. One client per (account, region, identity).
// https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aws/transport/transport.hpp"

namespace trainyard::aws::quotas {

struct quota {
    std::string code, name;
    double value = 0;
};

class client {
public:
    client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);

    // Both give every page. A quota that has its default may be missing in what is applied.
    task<api_result<std::vector<quota>>> list_applied(std::string service, mono_time deadline);
    // The same for every account of the region.
    task<api_result<std::vector<quota>>> list_defaults(std::string service, mono_time deadline);

private:
    task<api_result<std::vector<quota>>> list(std::string operation, std::string service, mono_time deadline);
    task<api_result<std::string>> ask(std::string operation, std::string body, mono_time deadline);

    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

}  // namespace trainyard::aws::quotas
