#include "aws/credentials/profiles.hpp"

namespace trainyard::aws {

namespace {

// The name in `KIND name` or `KIND "a name"`; empty when the section is of another kind or has no single
// name.
std::string_view name_in(std::string_view section, std::string_view kind) {
    if (section.substr(0, kind.size()) != kind || section.size() <= kind.size() ||
        section[kind.size()] != ' ')
        return {};
    auto name = section.substr(kind.size() + 1);
    const char quote = name.empty() ? '\0' : name.front();
    if (quote == '"' || quote == '\'') {
        if (name.size() < 3 || name.back() != quote) return {};
        return name.substr(1, name.size() - 2);
    }
    return name.find(' ') == std::string_view::npos ? name : std::string_view{};
}

}  // namespace

profile_set collect_profiles(const ini_file& credentials, const ini_file& config) {
    profile_set out;
    if (const auto found = config.find("default"); found != config.end())
        out.profiles["default"].in_config = found->second;
    for (const auto& [section, values] : config) {
        if (const auto name = name_in(section, "profile"); !name.empty())
            out.profiles[std::string{name}].in_config = values;
        if (const auto name = name_in(section, "sso-session"); !name.empty())
            out.sso_sessions[std::string{name}] = values;
    }
    for (const auto& [section, values] : credentials) out.profiles[section].in_credentials = values;
    for (auto& [name, p] : out.profiles) {
        p.merged = p.in_config;
        for (const auto& [key, value] : p.in_credentials) p.merged[key] = value;
    }
    return out;
}

std::string_view setting(const ini_section& section, const char* key) {
    const auto found = section.find(key);
    return found == section.end() ? std::string_view{} : std::string_view{found->second};
}

bool has_setting(const ini_section& section, const char* key) {
    return section.find(key) != section.end();
}

}  // namespace trainyard::aws
