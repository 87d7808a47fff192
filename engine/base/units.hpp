// Strong names: an account is not a region, a queue is not a job.
#pragma once

#include <compare>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace trainyard {

// A string with a meaning of its own; `Tag` only tells the meanings apart.
template <class Tag>
class name {
public:
    name() = default;
    explicit name(std::string text) : text_(std::move(text)) {}
    explicit name(std::string_view text) : text_(text) {}
    explicit name(const char* text) : text_(text) {}
    const std::string& str() const { return text_; }
    bool empty() const { return text_.empty(); }
    friend auto operator<=>(const name&, const name&) = default;
    friend bool operator==(const name&, const name&) = default;

private:
    std::string text_;
};

using account_id = name<struct account_tag>;  // 12 digits
using region_name = name<struct region_tag>;  // us-east-1
using access_key_id = name<struct access_key_tag>;

}  // namespace trainyard

template <class Tag>
struct std::hash<trainyard::name<Tag>> {
    std::size_t operator()(const trainyard::name<Tag>& n) const noexcept {
        return std::hash<std::string>{}(n.str());
    }
};
