// The wildcard operator of event patterns: `*` is any text, `\*` and `\\` stand for themselves. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::aws::local::events {

class wildcard {
public:
    // "Consecutive wildcard characters at pos 3", "Invalid escape character at pos 0".
    static result<wildcard> parse(std::string_view pattern);

    // Linear in `text`: the parts between the wildcards are found from left to right (Knuth, Morris, Pratt
    // 1977), each once, which is enough since a part found earlier leaves more room for the next.
    bool matches(std::string_view text) const;

private:
    struct part {
        std::string text;
        std::vector<std::size_t> border;  // of each prefix: its longest proper prefix that is also its suffix
    };
    static part prepare(std::string text);
    static std::size_t find(const part& wanted, std::string_view text, std::size_t from);

    std::vector<part> parts_;  // never empty; one: no wildcard at all
};

}  // namespace trainyard::aws::local::events
