#include "aws/local/sagemaker/training/training_answer.hpp"

#include <algorithm>
#include <cmath>

#include "aws/local/sagemaker/training/warm_pool.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

// What a customer of spot instances pays of the time they ran.
constexpr double spot_share = 0.3;

void write_transitions(json::writer& out, const training_job& job, wall_time now) {
    out.key("SecondaryStatusTransitions").begin_array();
    const std::size_t current = job.timeline.at(now);
    for (std::size_t i = 0; i <= current; ++i) {
        const auto& step = job.timeline[i];
        out.begin_object()
            .member("Status", to_string(step.phase))
            .member("StartTime", to_unix_seconds(step.start));
        if (i < current)
            out.member("EndTime", to_unix_seconds(job.timeline[i + 1].start));
        else if (is_terminal(status_of(step.phase)))
            out.member("EndTime", to_unix_seconds(step.start));
        out.member("StatusMessage", step.message).end_object();
    }
    out.end_array();
}

void write_training_times(json::writer& out, const training_job& job, double time_scale, wall_time now) {
    const auto start = job.timeline.training_start();
    if (start && *start <= now) out.member("TrainingStartTime", to_unix_seconds(*start));
    if (!is_terminal(status_of(job.phase(now)))) return;
    out.member("TrainingEndTime", to_unix_seconds(job.timeline.end()));
    if (!start) return;
    const double seconds =
        std::chrono::duration<double>{job.timeline.training_time(now)}.count() * time_scale;
    const auto whole = [](double s) { return std::max<std::int64_t>(1, std::llround(s)); };
    out.member("TrainingTimeInSeconds", whole(seconds));
    out.member("BillableTimeInSeconds", whole(job.request.spot ? seconds * spot_share : seconds));
}

void write_metrics(json::writer& out, const training_job& job, wall_time now) {
    const job_status status = status_of(job.phase(now));
    const bool told = status == job_status::completed || status == job_status::stopped;
    if (!told || job.request.metrics.empty() || !job.timeline.training_start()) return;
    out.key("FinalMetricDataList").begin_array();
    for (const final_metric& m : job.request.metrics)
        out.begin_object()
            .member("MetricName", m.name)
            .member("Value", m.value)
            .member("Timestamp", to_unix_seconds(job.timeline.end()))
            .end_object();
    out.end_array();
}

// What AWS tells of a request that does not say it.
void write_defaults(json::writer& out, json::value input) {
    for (const char* member :
         {"EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining"})
        if (input.find(member).is_null()) out.member(member, false);
    if (input.find("StoppingCondition").is_null())
        out.key("StoppingCondition")
            .begin_object()
            .member("MaxRuntimeInSeconds",
                    std::chrono::duration_cast<std::chrono::seconds>(runtime_default).count())
            .end_object();
    if (const json::value profiler = input.find("ProfilerConfig"); !profiler.is_null())
        out.member("ProfilingStatus",
                   profiler.find("DisableProfiler").boolean().value_or(false) ? "Disabled" : "Enabled");
}

// SageMaker tells the key also where none was asked for, and clients rely on it.
void write_output_config(json::writer& out, json::value config) {
    out.begin_object();
    const auto members = config.members();
    for (auto at = members.begin(); at != members.end(); ++at) out.member(at.key(), *at);
    if (!config.find("KmsKeyId").exists()) out.member("KmsKeyId", "");
    out.end_object();
}

}  // namespace

std::string training_job_arn(const account_id& account, const region_name& region, std::string_view name) {
    return "arn:aws:sagemaker:" + region.str() + ":" + account.str() + ":training-job/" + std::string{name};
}

json::document stored_body(const training_job& job) {
    // The front accepted it under its own limits; writing it again may add bytes.
    json::limits generous;
    generous.bytes = 2 * generous.bytes;
    auto input = json::document::parse(job.request.body, generous);
    TY_CHECK(input.has_value(), "a stored request reads back");
    return *std::move(input);
}

std::string model_artifacts(const training_job& job, json::value input, job_phase phase) {
    const job_status status = status_of(phase);
    if (!is_terminal(status) || status == job_status::failed || !job.timeline.training_start()) return "";
    std::string path{input.find("OutputDataConfig").find("S3OutputPath").string().value_or("")};
    while (path.ends_with('/')) path.pop_back();
    return path + "/" + job.name + "/output/model.tar.gz";
}

std::string describe_answer(const training_job& job, const std::string& arn, double time_scale,
                            wall_time now) {
    const json::document body = stored_body(job);
    const json::value input = body.root();
    json::writer out;
    out.begin_object();
    const auto members = input.members();
    for (auto at = members.begin(); at != members.end(); ++at) {
        const bool input_only = at.key() == "Tags" || at.key() == "SessionChainingConfig";
        if (input_only || (*at).is_null()) continue;
        out.key(at.key());
        if (at.key() == "OutputDataConfig")
            write_output_config(out, *at);
        else
            out.copy(*at);
    }
    write_defaults(out, input);
    const job_phase phase = job.phase(now);
    out.member("TrainingJobArn", arn);
    if (!job.request.tuning_job_arn.empty()) out.member("TuningJobArn", job.request.tuning_job_arn);
    out.member("TrainingJobStatus", to_string(status_of(phase))).member("SecondaryStatus", to_string(phase));
    if (phase == job_phase::failed)
        out.member("FailureReason", job.request.plan.attempts.back().failure_reason);
    out.key("ModelArtifacts")
        .begin_object()
        .member("S3ModelArtifacts", model_artifacts(job, input, phase))
        .end_object();
    out.member("CreationTime", to_unix_seconds(job.created));
    out.member("LastModifiedTime", to_unix_seconds(job.last_modified(now)));
    write_training_times(out, job, time_scale, now);
    write_transitions(out, job, now);
    write_metrics(out, job, now);
    if (const auto pool = view_pool(job, time_scale, now)) write_pool(out, *pool);
    out.end_object();
    return out.take();
}

std::string list_answer(const resource_index<training_job>::page& page, const account_id& account,
                        const region_name& region, double time_scale, wall_time now) {
    json::writer out;
    out.begin_object().key("TrainingJobSummaries").begin_array();
    for (const training_job* job : page.items) {
        const job_phase phase = job->phase(now);
        out.begin_object().member("TrainingJobName", job->name);
        out.member("TrainingJobArn", training_job_arn(account, region, job->name));
        out.member("CreationTime", to_unix_seconds(job->created));
        if (is_terminal(status_of(phase)))
            out.member("TrainingEndTime", to_unix_seconds(job->timeline.end()));
        out.member("LastModifiedTime", to_unix_seconds(job->last_modified(now)));
        out.member("TrainingJobStatus", to_string(status_of(phase)))
            .member("SecondaryStatus", to_string(phase));
        if (const auto pool = view_pool(*job, time_scale, now)) write_pool(out, *pool);
        if (!job->request.training_plan.empty()) out.member("TrainingPlanArn", job->request.training_plan);
        out.end_object();
    }
    out.end_array();
    if (!page.next_token.empty()) out.member("NextToken", page.next_token);
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker
