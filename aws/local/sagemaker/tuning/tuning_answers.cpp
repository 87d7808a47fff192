#include "aws/local/sagemaker/tuning/tuning_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "aws/local/sagemaker/common/echo.hpp"
#include "aws/local/sagemaker/common/time_scale.hpp"
#include "aws/local/sagemaker/tuning/trial_answers.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

void write_counters(json::writer& out, const tuning_job& job) {
    const trial_counts n = job.count();
    out.key("TrainingJobStatusCounters").begin_object();
    out.member("Completed", n.completed).member("InProgress", n.in_progress);
    out.member("RetryableError", n.retryable_error).member("NonRetryableError", n.non_retryable_error);
    out.member("Stopped", n.stopped).end_object();
    out.key("ObjectiveStatusCounters").begin_object().member("Succeeded", n.objective_succeeded);
    out.member("Pending", n.objective_pending).member("Failed", n.objective_failed).end_object();
}

void write_best(json::writer& out, tuning_store& store, const tuning_job& job) {
    const trial* top = job.best();
    if (top) write_trial(out.key("BestTrainingJob"), job, *top, false);
    // Metrics of a transfer say nothing about this job's data.
    const tuning_job* of = &job;
    for (const std::string& name : job.plan.parents) {
        const tuning_job* parent = job.plan.same_algorithm ? store.find(name) : nullptr;
        const trial* other = parent ? parent->best() : nullptr;
        if (!other) continue;
        const bool up = job.plan.definitions.front().objective.maximize;
        if (top && (up ? other->metric.value <= top->metric.value : other->metric.value >= top->metric.value))
            continue;
        top = other;
        of = parent;
    }
    if (top && !job.plan.parents.empty()) write_trial(out.key("OverallBestTrainingJob"), *of, *top, true);
}

double consumed_seconds(const tuning_job& job, double time_scale, wall_time now) {
    double sum = 0;
    for (const trial& t : job.trials)
        if (t.state.training_start)
            sum +=
                sagemaker_seconds(t.state.training_end.value_or(now) - *t.state.training_start, time_scale);
    return sum;
}

}  // namespace

std::string describe_tuning_job(tuning_store& store, const tuning_job& job, double time_scale,
                                wall_time now) {
    json::writer out;
    out.begin_object();
    const json::document request = read_kept(job.body);
    out.member("HyperParameterTuningJobArn", job.arn);
    echo(out, "DescribeHyperParameterTuningJob", request.root());
    out.member("HyperParameterTuningJobStatus", to_string(job.is));
    out.member("CreationTime", to_unix_seconds(job.created));
    out.member("LastModifiedTime", to_unix_seconds(job.modified));
    if (job.ended) out.member("HyperParameterTuningEndTime", to_unix_seconds(*job.ended));
    if (job.is == tuning_status::failed) out.member("FailureReason", job.failure_reason.substr(0, 1024));
    write_counters(out, job);
    write_best(out, store, job);
    out.key("TuningJobCompletionDetails").begin_object();
    out.member("NumberOfTrainingJobsObjectiveNotImproving", static_cast<std::int64_t>(job.not_improving()));
    out.end_object();
    out.key("ConsumedResources").begin_object();
    out.member("RuntimeInSeconds",
               static_cast<std::int64_t>(std::llround(consumed_seconds(job, time_scale, now))));
    out.end_object().end_object();
    return out.take();
}

std::string list_tuning_jobs(const tuning_store::index::page& page) {
    json::writer out;
    out.begin_object().key("HyperParameterTuningJobSummaries").begin_array();
    for (const tuning_job* job : page.items) {
        const json::document request = read_kept(job->body);
        out.begin_object().member("HyperParameterTuningJobName", job->name);
        out.member("HyperParameterTuningJobArn", job->arn);
        out.member("HyperParameterTuningJobStatus", to_string(job->is));
        out.member("Strategy", to_string(job->plan.strategy));
        out.member("CreationTime", to_unix_seconds(job->created));
        if (job->ended) out.member("HyperParameterTuningEndTime", to_unix_seconds(*job->ended));
        out.member("LastModifiedTime", to_unix_seconds(job->modified));
        write_counters(out, *job);
        out.member("ResourceLimits",
                   request.root().find("HyperParameterTuningJobConfig").find("ResourceLimits"));
        out.end_object();
    }
    out.end_array();
    if (!page.next_token.empty()) out.member("NextToken", page.next_token);
    out.end_object();
    return out.take();
}

std::string tuning_event_detail(const tuning_job& job) {
    const json::document request = read_kept(job.body);
    json::writer out;
    out.begin_object().member("HyperParameterTuningJobArn", job.arn);
    echo(out, "DescribeHyperParameterTuningJob", request.root());
    out.member("HyperParameterTuningJobStatus", to_string(job.is));
    out.member("CreationTime", to_unix_millis(job.created));
    out.member("LastModifiedTime", to_unix_millis(job.modified));
    if (job.ended) out.member("HyperParameterTuningEndTime", to_unix_millis(*job.ended));
    if (job.is == tuning_status::failed) out.member("FailureReason", job.failure_reason.substr(0, 1024));
    write_counters(out, job);
    out.key("Tags").begin_object();
    for (const auto& [key, value] : job.tags) out.member(key, value);
    out.end_object().end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker
