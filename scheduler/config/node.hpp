// A YAML node with its path: every access checks the type and remembers the first error, with line and
// column.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::config {

// Shared by all nodes of one document.
struct parse_state {
    std::string file;
    const std::map<std::string, std::string>* environment = nullptr;
    std::optional<error> first_error;
};

class node {
public:
    node(const YAML::Node& n, std::string path, parse_state& state)
        : node_(n), path_(std::move(path)), state_(&state) {}

    bool present() const { return node_.IsDefined() && !node_.IsNull(); }
    bool is_mapping() const { return present() && node_.IsMap(); }
    void fail(const std::string& why) const;

    // Refuses keys that are not in `known`; an error too when this is no mapping.
    void only(std::initializer_list<std::string_view> known) const;
    node operator[](const std::string& key) const;
    std::vector<node> items() const;                            // of a sequence
    std::vector<std::pair<std::string, node>> entries() const;  // of a mapping

    std::string text(const std::string& fallback = "") const;
    std::string required_text() const;
    std::int64_t whole(std::int64_t fallback, std::int64_t low, std::int64_t high) const;
    double real(double fallback, double low, double high) const;
    std::vector<std::string> texts() const;

private:
    YAML::Node node_;
    std::string path_;
    parse_state* state_;
};

// Parses one YAML document, which must be a mapping, and hands it to `read`; the first error that `read`
// meets is the answer. `file` only names the source.
result<void> read_document(std::string_view yaml, const std::string& file,
                           const std::map<std::string, std::string>& environment,
                           const std::function<void(const node&)>& read);

}  // namespace trainyard::config
