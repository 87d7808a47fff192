// The files of ~/.aws (aws/credentials/ini.hpp, profiles.hpp). A NUL byte parts the credentials file from the
// config file.
#include "aws/credentials/ini.hpp"

#include <algorithm>
#include <array>

#include "aws/credentials/profiles.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

// The whole text of an error is fixed but for its number: no part of a line can be in it.
void check_message(std::string_view message) {
    require(is_one_line(message), "a message is one line");
    message.remove_prefix(std::min(message.size(), std::string_view("line ").size()));
    message.remove_prefix(std::min(message.find_first_not_of("0123456789"), message.size()));
    constexpr std::array known{": section header without ']'", ": section header without a name",
                               ": neither a section, a comment nor key = value", ": value without a key",
                               ": key before the first section"};
    require(std::find(known.begin(), known.end(), message) != known.end(),
            "an error says where and why, and nothing of the line");
}

std::string render(const aws::ini_file& file) {
    std::string out;
    for (const auto& [name, section] : file) {
        out += "[" + name + "]\n";
        for (const auto& [key, value] : section) out += key + "=" + value + "\n";
    }
    return out;
}

aws::ini_file read(std::string_view text) {
    const auto got = aws::parse_ini(text);
    if (!got) {
        check_message(got.error().message);
        return {};
    }
    for (const auto& [name, section] : *got) {
        require(!name.empty() && name.find_first_of("\n]") == std::string::npos, "a section has a name");
        for (const auto& [key, value] : section) {
            require(!key.empty() && key.find_first_of("=\n") == std::string::npos, "a key has a name");
            for (const char c : key) require(!(c >= 'A' && c <= 'Z'), "keys are lower case");
            require(value.find('\n') == std::string::npos, "a value is one line");
        }
    }
    const auto again = aws::parse_ini(render(*got));
    require(again.has_value() && *again == *got, "what was rendered reads the same");
    return *got;
}

}  // namespace

void run_ini(std::string_view input) {
    const aws::ini_file credentials = read(take_part(input));
    const aws::ini_file config = read(input);
    const aws::profile_set set = aws::collect_profiles(credentials, config);
    for (const auto& [name, section] : credentials)
        require(set.profiles.count(name) == 1 && set.profiles.at(name).in_credentials == section,
                "a section of the credentials file is a profile");
    for (const auto& [name, p] : set.profiles) {
        require(!name.empty(), "a profile has a name");
        require(p.in_credentials.empty() || credentials.count(name) == 1, "nothing comes from elsewhere");
        for (const auto& [key, value] : p.in_credentials)
            require(p.merged.at(key) == value, "the credentials file wins");
        for (const auto& [key, value] : p.in_config)
            require(p.in_credentials.count(key) == 1 || p.merged.at(key) == value,
                    "the config file gives what the other has not");
    }
}

}  // namespace trainyard::fuzz
