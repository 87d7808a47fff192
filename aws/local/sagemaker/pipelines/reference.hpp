// Pipeline variables: what {"Get": "..."} of a pipeline definition names. Pure.
// Source: SageMaker pipeline definition JSON schema, 2020-12-01.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "engine/base/json.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

// A member or a map key by name, an element of a list by index.
using path_part = std::variant<std::string, std::size_t>;

inline constexpr std::size_t path_parts_max = 32;

struct reference {
    enum class kind : unsigned char { parameter, execution, step };
    kind what = kind::parameter;
    std::string name;             // of the parameter, the execution variable or the step
    std::vector<path_part> path;  // of a step: below its properties; never empty there
};

// "Parameters.lr", "Execution.StartDateTime", "Steps.train.ModelArtifacts.S3ModelArtifacts",
// "Steps.prep.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri". Nothing for any other text.
std::optional<reference> parse_reference(std::string_view text);

// "a.b[0]['c']", the Path of Std:JsonGet. Nothing when it is malformed or empty.
std::optional<std::vector<path_part>> parse_path(std::string_view text);

// What stands at the path; missing when nothing does. In a list, a name selects the element whose member
// OutputName, InputName, ChannelName, GroupName or Name has that value.
json::value walk(json::value from, const std::vector<path_part>& path);

}  // namespace trainyard::aws::local::sagemaker::pipelines
