// Names as dense indices, in the order in which they were first seen.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace trainyard::policy {

using index = std::uint32_t;
inline constexpr index no_index = ~index{0};

class name_table {
public:
    std::optional<index> find(std::string_view name) const {
        const auto it = by_name_.find(name);
        if (it == by_name_.end()) return std::nullopt;
        return it->second;
    }
    index intern(std::string_view name) {
        if (const auto it = by_name_.find(name); it != by_name_.end()) return it->second;
        const auto i = static_cast<index>(names_.size());
        names_.emplace_back(name);
        by_name_.emplace(names_.back(), i);
        return i;
    }
    const std::string& name(index i) const { return names_[i]; }
    std::size_t size() const { return names_.size(); }

private:
    struct hash : std::hash<std::string_view> {
        using is_transparent = void;
    };
    std::vector<std::string> names_;
    std::unordered_map<std::string, index, hash, std::equal_to<>> by_name_;  // order-free: looked up only
};

}  // namespace trainyard::policy
