#include "aws/local/world_files.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>

namespace trainyard::aws::local {

namespace {

// `what` the file holds, for errors.
result<json::document> read_json_file(const std::string& file, std::string_view what) {
    std::ifstream in{file, std::ios::binary};
    std::string text(rule_file_bytes_max + 1, '\0');
    if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (!in.is_open() || in.bad())
        return error{errc::io,
                     fmt::format("{} '{}': {}", what, file, std::generic_category().message(errno))};
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > rule_file_bytes_max)
        return error{errc::limit,
                     fmt::format("{} '{}': longer than {} bytes", what, file, rule_file_bytes_max)};
    auto document = json::document::parse(text);
    if (!document) return with_context(document.error(), fmt::format("{} '{}'", what, file));
    return document;
}

}  // namespace

result<std::vector<fault_rule>> read_faults_file(const std::string& file) {
    const auto document = read_json_file(file, "fault rules");
    if (!document) return document.error();
    auto rules = read_fault_rules(document->root());
    if (!rules) return with_context(rules.error(), fmt::format("fault rules '{}'", file));
    return rules;
}

result<std::vector<sagemaker::job_rule>> read_rules_file(const std::string& file) {
    const auto document = read_json_file(file, "job rules");
    if (!document) return document.error();
    sagemaker::job_rules read{0};
    if (const auto set = read.set(sagemaker::rules_in(document->root())); !set)
        return with_context(set.error(), fmt::format("job rules '{}'", file));
    return read.rules();
}

}  // namespace trainyard::aws::local
