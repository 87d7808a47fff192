#include "scheduler/lifecycle/event.hpp"

#include <array>

#include "engine/base/json.hpp"

namespace trainyard::lifecycle {
namespace {

struct event_row {
    std::string_view detail_type;
    lifecycle::kind kind;
    std::string_view name, status;
};
constexpr std::array<event_row, 6> table{{
    {"SageMaker Training Job State Change", kind::training, "TrainingJobName", "TrainingJobStatus"},
    {"SageMaker HyperParameter Tuning Job State Change", kind::tuning, "HyperParameterTuningJobName",
     "HyperParameterTuningJobStatus"},
    {"SageMaker Processing Job State Change", kind::processing, "ProcessingJobName", "ProcessingJobStatus"},
    {"SageMaker Transform Job State Change", kind::transform, "TransformJobName", "TransformJobStatus"},
    {"SageMaker Model Building Pipeline Execution Status Change", kind::pipeline, "pipelineExecutionArn",
     "currentPipelineExecutionStatus"},
    {"SageMaker Endpoint State Change", kind::endpoint, "EndpointName", "EndpointStatus"},
}};

std::string text_of(json::value v, std::string_view key) {
    return std::string{v.find(key).string().value_or("")};
}

// IN_SERVICE as the API writes it: InService.
std::string plain_status(std::string_view status) {
    if (status.find_first_of("abcdefghijklmnopqrstuvwxyz") != std::string_view::npos)
        return std::string{status};
    std::string out;
    bool upper = true;
    for (const char c : status) {
        if (c == '_') {
            upper = true;
            continue;
        }
        out += !upper && c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        upper = false;
    }
    return out;
}

}  // namespace

std::optional<job_event> read_event(std::string_view body) {
    const auto parsed = json::document::parse(body);
    if (!parsed) return {};
    const json::value root = parsed->root();
    if (text_of(root, "source") != "aws.sagemaker") return {};
    const std::string type = text_of(root, "detail-type");
    for (const event_row& row : table) {
        if (row.detail_type != type) continue;
        const json::value detail = root.find("detail");
        job_event e{text_of(root, "account"), text_of(root, "region"), row.kind, text_of(detail, row.name),
                    plain_status(text_of(detail, row.status))};
        if (e.account.empty() || e.region.empty() || e.name.empty()) return {};
        return e;
    }
    return {};
}

}  // namespace trainyard::lifecycle
