#include "scheduler/cli/support.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "scheduler/cli/commands.hpp"
#include "scheduler/provision/external_ids.hpp"

extern char** environ;

namespace trainyard::cli {

std::map<std::string, std::string> environment_variables() {
    std::map<std::string, std::string> out;
    for (char** e = environ; *e != nullptr; ++e) {
        const std::string_view entry{*e};
        const auto equals = entry.find('=');
        if (equals != std::string_view::npos) out.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    return out;
}

result<std::string> read_text(const std::string& file) {
    std::ifstream opened;
    if (file != "-") {
        opened.open(file, std::ios::binary);
        if (!opened || std::filesystem::is_directory(file))
            return error{errc::invalid_argument,
                         fmt::format("cannot read {}: {}", file, std::strerror(errno))};
    }
    std::istream& in = file == "-" ? std::cin : opened;
    std::string text;
    char block[65536];
    while (in.read(block, sizeof block) || in.gcount() > 0) {
        text.append(block, static_cast<std::size_t>(in.gcount()));
        if (text.size() > input_bytes_max)
            return error{errc::limit, fmt::format("{} is larger than {} MiB", file, input_bytes_max >> 20U)};
    }
    return text;
}

result<config::fleet> load_fleet(const std::string& file) {
    auto text = read_text(file);
    if (!text) return text.error();
    auto fleet = config::parse_fleet(*text, file, std::filesystem::path{file}.parent_path().string(),
                                     environment_variables());
    if (!fleet) return fleet;
    const auto ids = provision::read_external_ids(provision::external_ids_file(*fleet));
    if (!ids) return ids.error();
    provision::fill_external_ids(*fleet, *ids);
    return fleet;
}

int complain(int code, std::string_view message) {
    std::cerr << "trainyard: " << message << std::endl;
    return code;
}

int complain(const error& e) {
    switch (e.code) {
        case errc::unreachable:
        case errc::timeout: return complain(exit_code::unreachable, e.message);
        case errc::io:
        case errc::corrupt:
        case errc::internal:
        case errc::cancelled: return complain(exit_code::work_failed, e.message);
        default: return complain(exit_code::usage, e.message);
    }
}

}  // namespace trainyard::cli
