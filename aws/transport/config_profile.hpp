// What the AWS config file says about endpoints and retries, for the environment's profile.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "aws/credentials/ini.hpp"
#include "aws/credentials/provider.hpp"

namespace trainyard::aws {

struct config_profile {
    ini_section keys;                                 // of the profile: endpoint_url, retry_mode, ...
    std::map<std::string, std::string> service_urls;  // "sqs" -> URL, from the section that `services` names
    // The key's value, or an empty string.
    std::string get(const std::string& key) const;
};

// Pure. `profile` is "default" or a name. A `services` key that names no section is errc::invalid_argument.
result<config_profile> parse_config_profile(std::string_view text, const std::string& profile);

// Reads AWS_CONFIG_FILE, else ~/.aws/config, for AWS_PROFILE, AWS_DEFAULT_PROFILE or "default". A file that
// is not there has no keys. Errors name the file, never its text.
result<config_profile> read_config_profile(const environment& env);

}  // namespace trainyard::aws
