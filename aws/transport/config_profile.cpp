#include "aws/transport/config_profile.hpp"

#include <fstream>

#include "engine/base/encoding.hpp"

namespace trainyard::aws {

namespace {

std::string_view trim(std::string_view s) {
    const auto first = s.find_first_not_of(" \t\r");
    return first == std::string_view::npos ? std::string_view{}
                                           : s.substr(first, s.find_last_not_of(" \t\r") - first + 1);
}

// "[services x]" sections nest one level by indentation, which the INI reader leaves out:
//     sqs =
//       endpoint_url = https://...
// becomes "sqs.endpoint_url = https://...".
std::string flatten_services(std::string_view text) {
    std::string out, outer;
    bool in_services = false;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto raw = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const auto line = trim(raw);
        const bool nested = !raw.empty() && (raw.front() == ' ' || raw.front() == '\t');
        const bool comment = !line.empty() && (line.front() == '#' || line.front() == ';');
        if (!line.empty() && line.front() == '[') {
            in_services = trim(line.substr(1)).substr(0, 8) == "services";
            outer.clear();
        } else if (in_services && !nested && !comment && !line.empty()) {
            outer = trim(line.substr(0, line.find('=')));
        }
        if (in_services && nested && !comment && !line.empty() && !outer.empty())
            out.append(outer).append(".").append(line);
        else
            out.append(raw);
        out += '\n';
    }
    return out;
}

// One byte more than the bound is enough for the parser to refuse the file.
std::string read_file(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    std::string text;
    char block[4096];
    while (in && text.size() <= ini_bytes_max && (in.read(block, sizeof block), in.gcount() > 0))
        text.append(block, static_cast<std::size_t>(in.gcount()));
    return text;
}

}  // namespace

std::string config_profile::get(const std::string& key) const {
    const auto found = keys.find(key);
    return found == keys.end() ? std::string{} : found->second;
}

result<config_profile> parse_config_profile(std::string_view text, const std::string& profile) {
    if (text.size() > ini_bytes_max)
        return error{errc::limit, "larger than " + std::to_string(ini_bytes_max) + " bytes"};
    const auto file = parse_ini(flatten_services(text));
    if (!file) return file.error();
    config_profile out;
    for (const auto& name : {std::string{profile == "default" ? "default" : ""}, "profile " + profile})
        if (const auto found = file->find(name); found != file->end())
            for (const auto& [key, value] : found->second) out.keys[key] = value;
    const auto services = out.get("services");
    if (services.empty()) return out;
    const auto section = file->find("services " + services);
    if (section == file->end())
        return error{errc::invalid_argument,
                     "profile " + printable(profile, 80) + " names services \"" + printable(services, 80) +
                         "\", but there is no section [services " + printable(services, 80) + "]"};
    constexpr std::string_view suffix = ".endpoint_url";
    for (const auto& [key, value] : section->second)
        if (key.size() > suffix.size() && key.substr(key.size() - suffix.size()) == suffix)
            out.service_urls[key.substr(0, key.size() - suffix.size())] = value;
    return out;
}

result<config_profile> read_config_profile(const environment& env) {
    auto profile = env.get("AWS_PROFILE");
    if (profile.empty()) profile = env.get("AWS_DEFAULT_PROFILE");
    if (profile.empty()) profile = "default";
    auto path = env.get("AWS_CONFIG_FILE");
    const auto home = env.get("HOME");
    if (path.empty()) path = home.empty() ? std::string{} : home + "/.aws/config";
    if (path.substr(0, 2) == "~/") path = home + path.substr(1);
    if (path.empty()) return config_profile{};
    auto parsed = parse_config_profile(read_file(path), profile);
    if (!parsed) return with_context(parsed.error(), path);
    return parsed;
}

}  // namespace trainyard::aws
