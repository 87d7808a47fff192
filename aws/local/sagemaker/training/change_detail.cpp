// The detail of EventBridge's "SageMaker Training Job State Change": as DescribeTrainingJob tells it, but
// with times in milliseconds and tags as a map.
#include "aws/local/sagemaker/training/training_answer.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

constexpr std::string_view told_members[] = {
    "HyperParameters", "AlgorithmSpecification", "RoleArn",   "InputDataConfig",  "OutputDataConfig",
    "ResourceConfig",  "StoppingCondition",      "VpcConfig", "CheckpointConfig", "Environment"};
constexpr std::string_view told_flags[] = {"EnableNetworkIsolation", "EnableInterContainerTrafficEncryption",
                                           "EnableManagedSpotTraining"};

void write_transitions(json::writer& out, const training_job& job, std::size_t current) {
    out.key("SecondaryStatusTransitions").begin_array();
    for (std::size_t i = 0; i <= current; ++i) {
        const auto& step = job.timeline[i];
        out.begin_object().member("Status", to_string(step.phase));
        out.member("StartTime", to_unix_millis(step.start));
        if (i < current)
            out.member("EndTime", to_unix_millis(job.timeline[i + 1].start));
        else if (is_terminal(status_of(step.phase)))
            out.member("EndTime", to_unix_millis(step.start));
        out.member("StatusMessage", step.message).end_object();
    }
    out.end_array();
}

}  // namespace

std::string change_detail(const training_job& job, const std::string& arn, std::size_t current) {
    const json::document body = stored_body(job);
    const json::value input = body.root();
    const job_phase phase = job.timeline[current].phase;
    const wall_time when = job.timeline[current].start;
    json::writer out;
    out.begin_object().member("TrainingJobName", job.name).member("TrainingJobArn", arn);
    if (!job.request.tuning_job_arn.empty()) out.member("TuningJobArn", job.request.tuning_job_arn);
    out.member("TrainingJobStatus", to_string(status_of(phase))).member("SecondaryStatus", to_string(phase));
    if (phase == job_phase::failed)
        out.member("FailureReason", job.request.plan.attempts.back().failure_reason);
    for (const std::string_view member : told_members)
        if (const json::value v = input.find(member); !v.is_null()) out.member(member, v);
    out.member("CreationTime", to_unix_millis(job.created));
    if (const auto start = job.timeline.training_start(); start && *start <= when)
        out.member("TrainingStartTime", to_unix_millis(*start));
    if (is_terminal(status_of(phase))) out.member("TrainingEndTime", to_unix_millis(job.timeline.end()));
    out.member("LastModifiedTime", to_unix_millis(when));
    if (const std::string path = model_artifacts(job, input, phase); !path.empty())
        out.key("ModelArtifacts").begin_object().member("S3ModelArtifacts", path).end_object();
    write_transitions(out, job, current);
    for (const std::string_view flag : told_flags)
        out.member(flag, input.find(flag).boolean().value_or(false));
    out.key("Tags").begin_object();
    for (const auto& [key, value] : job.request.tags) out.member(key, value);
    out.end_object().end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker
