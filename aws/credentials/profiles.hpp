// The two profile files as one set of profiles. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "aws/credentials/ini.hpp"

namespace trainyard::aws {

// One profile. Roles, SSO and processes are configured by the union of both files, where the credentials file
// wins key by key; static keys must stand together in one file.
struct profile {
    ini_section merged, in_credentials, in_config;
};

struct profile_set {
    std::map<std::string, profile> profiles;
    std::map<std::string, ini_section> sso_sessions;  // [sso-session NAME] of the config file
};

// Sections of the credentials file are profile names. In the config file they are "profile NAME", where NAME
// may be quoted, and "default"; "profile default" replaces "default". Others are no profiles.
profile_set collect_profiles(const ini_file& credentials, const ini_file& config);

// The value of a key, or an empty string.
std::string_view setting(const ini_section& section, const char* key);
bool has_setting(const ini_section& section, const char* key);

}  // namespace trainyard::aws
