#include "aws/credentials/command_line.hpp"

namespace trainyard::aws {

result<std::vector<std::string>> split_command(std::string_view text) {
    if (text.size() > command_bytes_max)
        return error{errc::limit, "longer than " + std::to_string(command_bytes_max) + " bytes"};
    std::vector<std::string> out;
    std::string word;
    bool in_word = false;
    char quote = '\0';
    const auto end_word = [&] {
        if (in_word) out.push_back(std::move(word));
        word.clear();
        in_word = false;
    };
    for (const char c : text) {
        if (c == '\0') return error{errc::invalid_argument, "a NUL byte in the command"};
        if (quote != '\0') {
            if (c == quote)
                quote = '\0';
            else
                word += c;
        } else if (c == '"' || c == '\'') {
            quote = c;
            in_word = true;
        } else if (c == ' ' || c == '\t') {
            end_word();
        } else {
            word += c;
            in_word = true;
        }
    }
    if (quote != '\0') return error{errc::invalid_argument, "a quote is not closed"};
    end_word();
    if (out.empty()) return error{errc::invalid_argument, "the command is empty"};
    if (out.size() > command_arguments_max)
        return error{errc::limit, "more than " + std::to_string(command_arguments_max) + " arguments"};
    if (out.front().empty() || out.front().front() != '/')
        return error{errc::invalid_argument,
                     "the program must be an absolute path, there is no search in PATH"};
    return out;
}

}  // namespace trainyard::aws
