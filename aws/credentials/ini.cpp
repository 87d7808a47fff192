#include "aws/credentials/ini.hpp"

#include <cctype>

namespace trainyard::aws {

namespace {

std::string_view trim(std::string_view s) {
    const auto blank = " \t\r";
    const auto first = s.find_first_not_of(blank);
    if (first == std::string_view::npos) return {};
    return s.substr(first, s.find_last_not_of(blank) - first + 1);
}

// A value may hold '#' and ';' (secrets never do, URLs may); only one after white space begins a comment.
std::string_view cut_comment(std::string_view s) {
    for (std::size_t i = 1; i < s.size(); ++i)
        if ((s[i] == '#' || s[i] == ';') && (s[i - 1] == ' ' || s[i - 1] == '\t')) return s.substr(0, i);
    return s;
}

std::string section_name(std::string_view s) {
    std::string out;
    for (const char c : trim(s)) {
        const char plain = c == '\t' ? ' ' : c;
        if (plain == ' ' && !out.empty() && out.back() == ' ') continue;
        out += plain;
    }
    return out;
}

std::string lower(std::string_view s) {
    std::string out{s};
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

error bad_line(std::size_t number, std::string_view why) {
    return {errc::corrupt, "line " + std::to_string(number) + ": " + std::string{why}};
}

}  // namespace

result<ini_file> parse_ini(std::string_view text) {
    if (text.size() > ini_bytes_max)
        return error{errc::limit, "larger than " + std::to_string(ini_bytes_max) + " bytes"};
    if (text.substr(0, 3) == "\xEF\xBB\xBF") text.remove_prefix(3);
    ini_file out;
    ini_section* section = nullptr;
    bool under_key = false;  // the last line that counted was a key: deeper lines belong to its value
    std::size_t depth = 0;   // of that line
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const auto end = text.find('\n');
        const auto raw = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        const auto line = trim(raw);
        if (line.empty() || line.front() == '#' || line.front() == ';') continue;
        const auto indent = raw.find(line.front());
        if (under_key && indent > depth) continue;
        depth = indent;
        under_key = false;
        if (line.front() == '[') {
            const auto close = line.find(']');
            if (close == std::string_view::npos) return bad_line(number, "section header without ']'");
            auto name = section_name(line.substr(1, close - 1));
            if (name.empty()) return bad_line(number, "section header without a name");
            section = &out[std::move(name)];
            continue;
        }
        const auto delimiter = line.find_first_of("=:");
        if (delimiter == std::string_view::npos)
            return bad_line(number, "neither a section, a comment nor key = value");
        const auto key = trim(line.substr(0, delimiter));
        if (key.empty()) return bad_line(number, "value without a key");
        if (section == nullptr) return bad_line(number, "key before the first section");
        (*section)[lower(key)] = std::string{trim(cut_comment(line.substr(delimiter + 1)))};
        under_key = true;
    }
    return out;
}

}  // namespace trainyard::aws
