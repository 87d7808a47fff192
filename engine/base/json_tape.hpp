// The flat form of a JSON document: nodes in document order, strings in one arena,
// which is the text itself, decoded in place. Private to the JSON
// reader.
#pragma once

#include <string>
#include <vector>

#include "engine/base/json.hpp"

namespace trainyard::json {

// An object's members stand as (string node for the key, value node) pairs. `next` is the index just after
// the subtree.
struct value::node {
    json::kind kind = json::kind::null;
    bool truth = false;  // of a boolean
    std::uint32_t next = 0;
    std::uint32_t offset = 0;  // of string or number text in the arena
    std::uint32_t length = 0;  // of that text in bytes, or the number of elements or members
};

struct value::tape {
    std::vector<node> nodes;
    std::string arena;

    std::string_view text(const node& n) const { return std::string_view{arena}.substr(n.offset, n.length); }
};

}  // namespace trainyard::json
