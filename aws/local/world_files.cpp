#include "aws/local/world_files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace trainyard::aws::local {

result<std::vector<fault_rule>> read_faults_file(const std::string& file) {
    std::ifstream in{file, std::ios::binary};
    std::string text(faults_file_bytes_max + 1, '\0');
    if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad())
        return error{errc::io,
                     fmt::format("fault rules '{}': {}", file, std::generic_category().message(errno))};
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > faults_file_bytes_max)
        return error{errc::limit,
                     fmt::format("fault rules '{}': longer than {} bytes", file, faults_file_bytes_max)};
    const auto document = json::document::parse(text);
    if (!document) return with_context(document.error(), fmt::format("fault rules '{}'", file));
    auto rules = read_fault_rules(document->root());
    if (!rules) return with_context(rules.error(), fmt::format("fault rules '{}'", file));
    return rules;
}

}  // namespace trainyard::aws::local
