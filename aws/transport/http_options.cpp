#include "aws/transport/http_options.hpp"

#include "aws/transport/address.hpp"

namespace trainyard::aws {

http::client_options service_client_options(const environment& env) {
    http::client_options out;
    out.ca_bundle = env.get("AWS_CA_BUNDLE");
    out.proxy = http::read_proxy_settings([&env](const std::string& name) { return env.get(name); });
    out.refuse_address = [](const std::string& host, const std::string& ip) {
        return is_metadata_address(ip) && !is_metadata_address(host);
    };
    return out;
}

}  // namespace trainyard::aws
