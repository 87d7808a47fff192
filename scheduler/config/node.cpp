#include "scheduler/config/node.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainyard::config {

void node::fail(const std::string& why) const {
    if (state_->first_error) return;
    const YAML::Mark mark = node_.IsDefined() ? node_.Mark() : YAML::Mark::null_mark();
    const std::string at =
        mark.is_null() ? std::string{} : fmt::format(":{}:{}", mark.line + 1, mark.column + 1);
    const std::string where = path_.empty() ? std::string{} : path_ + ": ";
    state_->first_error =
        error{errc::invalid_argument, fmt::format("{}{}: {}{}", state_->file, at, where, why)};
}

void node::only(std::initializer_list<std::string_view> known) const {
    if (!present()) return;
    if (!node_.IsMap()) return fail("must be a mapping of keys to values");
    for (const auto& entry : node_) {
        const auto key = entry.first.as<std::string>("");
        if (std::find(known.begin(), known.end(), key) == known.end())
            node{entry.first, path_, *state_}.fail(
                fmt::format("unknown key '{}'; known keys are {}", key, fmt::join(known, ", ")));
    }
}

node node::operator[](const std::string& key) const {
    const std::string path = path_.empty() ? key : path_ + "." + key;
    const YAML::Node child =
        node_.IsDefined() && node_.IsMap() ? node_[key] : YAML::Node{YAML::NodeType::Undefined};
    // A missing child keeps its parent's place for the message.
    return {child, path, *state_};
}

std::vector<node> node::items() const {
    std::vector<node> out;
    if (!present()) return out;
    if (!node_.IsSequence()) {
        fail("must be a list");
        return out;
    }
    for (std::size_t i = 0; i < node_.size(); ++i)
        out.emplace_back(node_[i], fmt::format("{}[{}]", path_, i), *state_);
    return out;
}

std::vector<std::pair<std::string, node>> node::entries() const {
    std::vector<std::pair<std::string, node>> out;
    if (!present()) return out;
    if (!node_.IsMap()) {
        fail("must be a mapping of keys to values");
        return out;
    }
    for (const auto& entry : node_) {
        const auto key = entry.first.as<std::string>("");
        out.emplace_back(key, node{entry.second, path_ + "." + key, *state_});
    }
    return out;
}

std::string node::text(const std::string& fallback) const {
    if (!present()) return fallback;
    if (!node_.IsScalar()) {
        fail("must be a text");
        return fallback;
    }
    std::string out = node_.as<std::string>();
    for (std::size_t at = out.find("${env:"); at != std::string::npos; at = out.find("${env:", at)) {
        const auto end = out.find('}', at);
        const std::string name = end == std::string::npos ? std::string{} : out.substr(at + 6, end - at - 6);
        const auto found = state_->environment->find(name);
        if (name.empty() || found == state_->environment->end()) {
            fail(fmt::format("the environment variable '{}' is not set", name));
            return fallback;
        }
        out.replace(at, end - at + 1, found->second);
        at += found->second.size();
    }
    return out;
}

std::string node::required_text() const {
    std::string out = text();
    if (out.empty()) fail("is required");
    return out;
}

std::int64_t node::whole(std::int64_t fallback, std::int64_t low, std::int64_t high) const {
    if (!present()) return fallback;
    std::int64_t v = 0;
    if (!node_.IsScalar() || !YAML::convert<std::int64_t>::decode(node_, v) || v < low || v > high) {
        fail(fmt::format("must be a whole number from {} to {}", low, high));
        return fallback;
    }
    return v;
}

double node::real(double fallback, double low, double high) const {
    if (!present()) return fallback;
    double v = 0;
    if (!node_.IsScalar() || !YAML::convert<double>::decode(node_, v) || !(v >= low && v <= high)) {
        fail(fmt::format("must be a number from {} to {}", low, high));
        return fallback;
    }
    return v;
}

std::vector<std::string> node::texts() const {
    std::vector<std::string> out;
    for (const node& n : items()) out.push_back(n.required_text());
    return out;
}

result<void> read_document(std::string_view yaml, const std::string& file,
                           const std::map<std::string, std::string>& environment,
                           const std::function<void(const node&)>& read) {
    parse_state state;
    state.file = file;
    state.environment = &environment;
    YAML::Node document;
    try {
        document = YAML::Load(std::string{yaml});
    } catch (const YAML::Exception& e) {
        return error{errc::invalid_argument,
                     fmt::format("{}:{}:{}: not YAML: {}", file, e.mark.line + 1, e.mark.column + 1, e.msg)};
    }
    if (!document.IsMap())
        return error{errc::invalid_argument, fmt::format("{}: must be a mapping of keys to values", file)};
    read(node{document, "", state});
    if (state.first_error) return *state.first_error;
    return {};
}

}  // namespace trainyard::config
