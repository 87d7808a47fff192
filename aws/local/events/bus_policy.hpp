// Who of another account may put events on a bus. Pure.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-bus-perms.html
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/policy/evaluate.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::local::events {

inline constexpr std::size_t max_bus_policy_bytes = 10'240;

class bus_policy {
public:
    // errc::limit beyond the bytes, else errc::invalid_argument.
    static result<bus_policy> parse(std::string_view text);

    // With one more statement, which is a JSON object, in place of any of the same Sid.
    result<bus_policy> with(std::string_view sid, std::string_view statement) const;
    // Without the statement; nothing when there is none of that Sid.
    std::optional<bus_policy> without(std::string_view sid) const;

    bool empty() const { return statements_.empty(); }
    std::string text() const;  // empty when there are no statements
    const policy_document* document() const { return document_ ? &*document_ : nullptr; }

private:
    struct entry {
        std::string sid, text;
    };
    static result<bus_policy> of(std::vector<entry> statements);

    std::vector<entry> statements_;
    std::optional<policy_document> document_;
};

}  // namespace trainyard::aws::local::events
