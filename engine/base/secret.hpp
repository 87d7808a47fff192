// A string that cannot be printed. The only way to its bytes is `reveal()`, which a reviewer can grep for.
#pragma once

#include <fmt/core.h>

#include <iosfwd>
#include <string>
#include <string_view>
#include <utility>

namespace trainyard {

class secret {
public:
    secret() = default;
    explicit secret(std::string value) : value_(std::move(value)) {}
    secret(const secret&) = default;
    secret(secret&& other) noexcept : value_(std::move(other.value_)) { other.wipe(); }
    secret& operator=(const secret& other);
    secret& operator=(secret&& other) noexcept;
    ~secret() { wipe(); }

    std::string_view reveal() const { return value_; }
    bool empty() const { return value_.empty(); }
    // Time depends on the lengths alone.
    bool equals(std::string_view other) const;

private:
    void wipe() noexcept;
    std::string value_;
};

// Prints "<redacted>", whatever the value.
std::ostream& operator<<(std::ostream& out, const secret& s);
std::string_view format_as(const secret& s);

}  // namespace trainyard

// fmt 9 asks format_as() for enums only.
template <>
struct fmt::formatter<trainyard::secret> : fmt::formatter<std::string_view> {
    template <class Context>
    auto format(const trainyard::secret& s, Context& context) const {
        return fmt::formatter<std::string_view>::format(format_as(s), context);
    }
};
