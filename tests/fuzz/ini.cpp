// The files of ~/.aws (aws/credentials/ini.hpp). A NUL byte parts the credentials file from the config file.
#include "aws/credentials/ini.hpp"

#include <algorithm>
#include <array>

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
    for (const std::string profile : {"default", "research"}) {
        const aws::ini_section merged = aws::merge_profile(credentials, config, profile);
        std::size_t own = 0;
        if (const auto found = credentials.find(profile); found != credentials.end()) {
            own = found->second.size();
            for (const auto& [key, value] : found->second)
                require(merged.at(key) == value, "the credentials file wins");
        }
        require(merged.size() >= own, "nothing is lost");
        if (config.empty()) require(merged.size() == own, "and nothing comes from elsewhere");
    }
}

}  // namespace trainyard::fuzz
