// Settings of AWS clients: the environment beats the profile, as in the SDKs. Pure but for the environment
// that is passed in.
#pragma once

#include <string>
#include <string_view>

#include "aws/transport/config_profile.hpp"
#include "aws/transport/endpoint_rules.hpp"
#include "aws/transport/retry.hpp"

namespace trainyard::aws {

struct endpoint_settings {
    endpoint_switches switches;
    std::string custom_url;  // empty: the rules decide
    std::string source;      // where custom_url stands: "AWS_ENDPOINT_URL_SQS", "endpoint_url of the profile"
};

// AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT; AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, the
// profile's services section, its endpoint_url; AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true leaves no custom
// URL. The profile's keys: use_fips_endpoint, use_dualstack_endpoint, ignore_configured_endpoint_urls. A
// switch that is neither true nor false is errc::invalid_argument.
result<endpoint_settings> read_endpoint_settings(std::string_view service, const environment& env,
                                                 const config_profile& profile);

struct retry_settings {
    retry_mode mode = retry_mode::standard;
    int attempts_max = attempts_default;
    std::string note;  // for the log: what was asked for and is done differently; empty: nothing
};

// AWS_RETRY_MODE or retry_mode: standard, adaptive; legacy is done as standard, with a note.
// AWS_MAX_ATTEMPTS or max_attempts: attempts in all, 1 to 100.
result<retry_settings> parse_retry_settings(const environment& env, const config_profile& profile);
result<retry_settings> read_retry_settings(const environment& env);  // with the profile of the config file

}  // namespace trainyard::aws
