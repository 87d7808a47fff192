// SQS's old Query protocol as data: how each member of the JSON protocol's inputs and outputs is called in a
// form or in XML. Source: the service model of the Query protocol, 2012-11-05 (botocore before 1.31.81).
#pragma once

#include <span>
#include <string_view>

namespace trainyard::aws::local {

enum class query_kind : unsigned char {
    text,     // a JSON string
    blob,     // the same, of base64
    integer,  // a JSON number
    boolean,  // only in answers
    list,     // Wire.1, Wire.2: of texts, or of structures of the members `of`
    map,      // Wire.1.<key_name> and Wire.1.<value_name>, likewise
};

struct query_member {
    std::string_view json;  // its name in the JSON protocol
    std::string_view wire;  // its name as a form field or an XML element
    query_kind kind = query_kind::text;
    std::span<const query_member> of{};  // of a structure; empty: texts
    std::string_view key_name{}, value_name{};
};

struct query_operation {
    std::string_view name;
    std::span<const query_member> input;
    bool has_result = false;                 // false: the answer has no <...Result>
    std::span<const query_member> output{};  // in the order in which they are written
    // Not valid at a queue's URL, only at the root.
    bool only_at_root = false;
};

const query_operation* find_query_operation(std::string_view name);  // null: SQS has no such operation
std::span<const query_operation> all_query_operations();

}  // namespace trainyard::aws::local
