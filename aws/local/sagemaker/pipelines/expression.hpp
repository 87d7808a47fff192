// The expressions inside a pipeline definition: {"Get": ...}, {"Std:Join": ...} and {"Std:JsonGet": ...}
// anywhere in a tree of JSON. Pure.
// Source: SageMaker pipeline definition JSON schema, 2020-12-01.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "aws/local/sagemaker/pipelines/reference.hpp"
#include "engine/base/json.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

inline constexpr std::size_t resolved_bytes_max = 2U << 20U;
inline constexpr std::size_t resolved_members_max = 100'000;
inline constexpr std::size_t resolved_depth_max = 128;  // a definition's own, and that of a value in it

// What an execution knows when a step begins.
class scope {
public:
    virtual ~scope() = default;
    // Writes one JSON value, or tells what is not there.
    virtual result<void> write(const reference& what, json::writer& out) const = 0;
    // The content of a property file of a step; JSON text.
    virtual result<std::string> file(const std::string& step, const std::string& name) const = 0;
};

// Every reference of the tree in order, that of a property file as a reference to its step. Fails at the
// first malformed expression, and with what `found` returns.
result<void> visit_references(json::value tree, const std::function<result<void>(const reference&)>& found);

// The tree with every expression replaced by its value. Values may come from jobs, so what they make together
// is bounded here.
result<json::document> resolve(json::value tree, const scope& in);

// The scalar at `tree` as a document: a string, a number or a truth value.
result<json::document> resolve_scalar(json::value tree, const scope& in);

}  // namespace trainyard::aws::local::sagemaker::pipelines
