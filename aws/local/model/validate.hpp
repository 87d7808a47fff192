// Checks requests against AWS's own model, in the words of AWS's front ends. Pure.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/model/shapes.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local::model {

struct invalid {
    enum class kind : unsigned char {
        serialization,  // a value of a wrong JSON type: looked at before any constraint
        constraint,     // "2 validation errors detected: Value ..."
    };
    kind what = kind::constraint;
    std::string message;
};

// More are counted, not told: a request of 1 MiB can break a constraint thousands of times.
inline constexpr std::size_t violations_told_max = 20;

// A pattern of a service model (Java's syntax) that a whole text has to match.
class pattern {
public:
    // Aborts when the model's pattern cannot be compiled: a test compiles every one.
    explicit pattern(std::string_view published);
    ~pattern();
    pattern(pattern&&) noexcept;
    // False too for a text on which the engine gives up.
    bool matches(std::string_view utf8) const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

// Knows the patterns it has used, so one per service and thread.
class validator {
public:
    explicit validator(const service_model& service) : service_(service) {}

    // `input` against the input of `o`. Null members count as absent; unknown ones are accepted. Nothing:
    // valid.
    std::optional<invalid> check(const operation& o, json::value input);
    // The same for any shape; `path` prefixes the names of members in texts and may be empty.
    std::optional<invalid> check_shape(std::uint16_t shape, json::value value, const std::string& path = {});

    const service_model& service() const { return service_; }

private:
    struct pass;
    bool matches(const shape& s, std::string_view text);

    const service_model& service_;
    std::map<std::string_view, pattern> patterns_;
};

}  // namespace trainyard::aws::local::model
