// The flat form of a JSON document: nodes in document order, strings in one arena. Private to the JSON
// reader.
#pragma once

#include <memory>
#include <string_view>
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
    std::unique_ptr<char[]> arena;

    std::string_view text(const node& n) const { return {arena.get() + n.offset, n.length}; }

    // document::parse() by RapidJSON alone. It comes here with what scan() does not take, for the words;
    // tests hold the two against each other.
    static result<document> read_with_care(std::string_view text, const limits& l);
};

// Reads what is well-formed and within the limits, fast. False for everything else, and for numbers with an
// exponent or of many digits, whose range takes more than a look: then `into` is of no use.
bool scan(std::string_view text, const limits& l, value::tape& into);

// No two members of the object at `place` have the same key. Else the key.
std::optional<std::string_view> repeated_key(const value::tape& t, std::uint32_t place);

}  // namespace trainyard::json
