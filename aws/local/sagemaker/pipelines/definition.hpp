// A pipeline definition, read and checked: parameters, steps and what each step waits for. Pure.
// Source: SageMaker pipeline definition JSON schema, 2020-12-01.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sagemaker/pipelines/retry_policy.hpp"
#include "engine/base/json.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

inline constexpr std::string_view schema_version = "2020-12-01";
inline constexpr std::size_t definition_bytes_max = 1U << 20U;  // PipelineDefinition of the service model
inline constexpr std::size_t definition_members_max = 100'000;
inline constexpr std::size_t parameters_max = 200;        // quota L-CED6A634
inline constexpr std::size_t steps_max = 50;              // quota L-729F2471, nested ones included
inline constexpr std::size_t step_name_max = 64;          // StepName of the service model
inline constexpr std::size_t parameter_name_max = 256;    // PipelineParameterName
inline constexpr std::size_t parameter_value_max = 1024;  // String1024 of Parameter
inline constexpr std::size_t output_parameters_max = 50;  // OutputParameterList
inline constexpr std::size_t enum_values_max = 100;
inline constexpr std::size_t conditions_max = 20;  // of one condition step, by list

enum class value_type : unsigned char { string, integer, floating, boolean };

struct parameter_definition {
    std::string name;
    value_type type = value_type::string;
    std::optional<std::string> default_value;  // as text, as the API passes values
    std::vector<std::string> allowed;          // EnumValues; empty: any
};

// Why a text is no value of the parameter; nothing when it is one.
std::optional<std::string> refuse_value(const parameter_definition& p, std::string_view text);

enum class step_type : unsigned char {
    training,
    processing,
    transform,
    tuning,
    model,
    fail,
    condition,
    callback,
    lambda,
};
std::string_view to_string(step_type t);  // "Training", as in a definition
bool is_job(step_type t);                 // training to model: steps that make a resource

struct output_definition {
    std::string name;
    value_type type = value_type::string;
};

struct property_file {
    std::string name;
    std::string output_name;  // of the processing job
    std::string path;         // inside it
};

struct step_definition {
    std::string name, display_name, description;
    step_type type = step_type::training;
    json::value arguments;  // points into the definition's document; missing for conditions
    json::value conditions;
    std::vector<std::size_t> depends_on;  // indices, ascending; DependsOn and references alike
    // The condition step that decides over this one, and by which outcome it runs.
    std::optional<std::size_t> decided_by;
    bool runs_if = true;
    std::vector<retry_policy> retries;
    std::string queue_url;     // of a callback step
    std::string function_arn;  // of a lambda step
    std::vector<output_definition> outputs;
    std::vector<property_file> files;
};

struct definition {
    json::document document;
    std::vector<parameter_definition> parameters;
    std::vector<step_definition> steps;  // nested ones stand right after their condition

    const parameter_definition* parameter(std::string_view name) const;
    std::optional<std::size_t> step(std::string_view name) const;
};

// Refuses what does not follow the schema, names twice or not at all, breaks a limit, or waits in a circle;
// the message says where.
result<definition> parse_definition(std::string_view text);

}  // namespace trainyard::aws::local::sagemaker::pipelines
