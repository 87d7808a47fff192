// The SearchExpression of Search: filters, nested filters and sub-expressions over records of one resource.
// Pure. Source: SageMaker API reference, "Filter", "NestedFilters" and "SearchExpression".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/model/shapes.hpp"
#include "aws/local/sagemaker/search/property_path.hpp"

namespace trainyard::aws::local::sagemaker::search {

// Filters, nested filters and sub-expressions of one expression, however deep.
inline constexpr std::size_t conditions_max = 50;
inline constexpr std::size_t contains_max = 1;

enum class comparison : unsigned char {
    equals,
    not_equals,
    greater,
    greater_or_equal,
    less,
    less_or_equal,
    contains,
    exists,
    not_exists,
    in,
};

struct filter {
    property_path path;
    comparison how = comparison::equals;
    std::string text;                // the Value
    std::optional<double> number;    // of a numeric Value or a time
    std::vector<std::string> among;  // of In
};

// All filters hold for one and the same element of a list.
struct nested_filter {
    property_path list;
    std::vector<filter> filters;
};

struct expression {
    bool any = false;  // Or instead of And
    std::vector<filter> filters;
    std::vector<nested_filter> nested;
    std::vector<expression> inner;
};

// `input` has passed the model's own constraints; missing: matches everything. Refuses unknown properties,
// operators that a property does not know, values of a wrong kind, and too many conditions.
using property_finder = std::function<std::optional<property_path>(std::string_view name)>;
boost::system::result<expression, service_error> read_expression(json::value input,
                                                                 const model::service_model& m,
                                                                 const property_finder& find);

bool matches(const expression& e, json::value record);

}  // namespace trainyard::aws::local::sagemaker::search
