// AWS's own description of its services as constant tables: operations, shapes and their constraints. The
// tables are written by generate.py from the published service models.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace trainyard::aws::local::model {

enum class shape_kind : std::uint8_t {
    structure,
    list,
    map,
    string,
    integer,   // 32 bits
    long_,     // 64 bits
    floating,  // float and double
    boolean,
    timestamp,  // JSON: seconds since 1970 as a number; Query: ISO 8601
    blob,       // base64
};

inline constexpr std::uint16_t no_shape = std::numeric_limits<std::uint16_t>::max();
inline constexpr std::int64_t no_minimum = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t no_maximum = std::numeric_limits<std::int64_t>::max();

struct member {
    std::string_view name;
    std::uint16_t shape;
    bool required;
};

struct shape {
    std::string_view name;
    shape_kind kind;
    bool is_union;   // exactly one member may be set
    bool sensitive;  // its value is not repeated in texts
    bool flattened;  // a list of the Query protocol without "member"
    // Characters of a string, elements of a list, entries of a map, value of a number.
    std::int64_t minimum, maximum;
    std::string_view pattern;             // as published; empty: none
    std::uint16_t first_value, values;    // of the enum, in service_model::values
    std::uint16_t first_member, members;  // a list has one member, a map two: key and value
};

struct operation {
    std::string_view name;
    std::uint16_t input, output;      // no_shape: none
    std::string_view result_wrapper;  // Query: the element around the output
};

struct service_model {
    std::string_view signing_name;
    std::string_view target_prefix;  // of X-Amz-Target; empty for Query services
    std::string_view version;        // of the API: "2010-05-08"
    std::string_view xml_namespace;  // Query services only
    std::span<const shape> shapes;
    std::span<const member> members;
    std::span<const std::string_view> values;
    std::span<const operation> operations;  // by name

    const operation* find(std::string_view operation_name) const;
    const shape& at(std::uint16_t index) const { return shapes[index]; }
    std::span<const member> members_of(const shape& s) const {
        return members.subspan(s.first_member, s.members);
    }
    std::span<const std::string_view> values_of(const shape& s) const {
        return values.subspan(s.first_value, s.values);
    }
    const member* find_member(const shape& structure, std::string_view name) const;
};

const service_model& sqs_model();
const service_model& sagemaker_model();
const service_model& sts_model();
const service_model& iam_model();
const service_model& events_model();
const service_model& quotas_model();

}  // namespace trainyard::aws::local::model
