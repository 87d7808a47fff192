#include "scheduler/lifecycle/kinds.hpp"

#include <array>

namespace trainyard::lifecycle {
namespace {

// Names: SageMaker's model. A display name of an execution may have 82 characters; 63 keep one rule for all.
constexpr std::array<kind_row, kind_count> table{{
    {"training", "TrainingJobName", 63, "AlgorithmSpecification", true, true, false},
    {"tuning", "HyperParameterTuningJobName", 32, "HyperParameterTuningJobConfig", true, true, false},
    {"processing", "ProcessingJobName", 63, "AppSpecification", true, true, false},
    {"transform", "TransformJobName", 63, "TransformInput", true, true, false},
    {"pipeline", "PipelineExecutionDisplayName", 63, "PipelineName", false, false, true},
    {"endpoint", "EndpointName", 63, "EndpointConfigName", true, true, true},
}};

}  // namespace

const kind_row& row_of(kind k) {
    return table.at(static_cast<std::size_t>(k));
}

std::string_view to_string(kind k) {
    return row_of(k).word;
}

std::optional<kind> parse_kind(std::string_view word) {
    for (std::size_t i = 0; i < kind_count; ++i)
        if (table[i].word == word) return static_cast<kind>(i);
    return std::nullopt;
}

kind kind_of(const job_facts& facts) {
    return parse_kind(facts.kind).value_or(kind::training);
}

}  // namespace trainyard::lifecycle
