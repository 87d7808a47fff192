#include "aws/local/sagemaker/sagemaker_answer.hpp"

#include <algorithm>
#include <cmath>

namespace trainyard::aws::local {
namespace {

bool terminal(job_status s) {
    return s != job_status::in_progress && s != job_status::stopping;
}

std::string artifacts(const training_job& job, json::value input, wall_time now) {
    if (!terminal(job.status(now)) || job.status(now) == job_status::failed || !job.timeline.training_start())
        return "";
    std::string path{input.find("OutputDataConfig").find("S3OutputPath").string().value_or("")};
    while (path.ends_with('/')) path.pop_back();
    return path + "/" + job.request.name + "/output/model.tar.gz";
}

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
        else if (terminal(status_of(step.phase)))
            out.member("EndTime", to_unix_seconds(step.start));
        out.member("StatusMessage", status_message(step.phase)).end_object();
    }
    out.end_array();
}

void write_training_times(json::writer& out, const training_job& job, double time_scale, wall_time now) {
    const auto start = job.timeline.training_start();
    if (start && *start <= now) out.member("TrainingStartTime", to_unix_seconds(*start));
    if (!terminal(job.status(now))) return;
    const wall_time end = job.timeline.end();
    out.member("TrainingEndTime", to_unix_seconds(end));
    if (!start) return;
    const double seconds = std::chrono::duration<double>{end - *start}.count() * time_scale;
    const std::int64_t whole = std::max<std::int64_t>(1, std::llround(seconds));
    out.member("TrainingTimeInSeconds", whole).member("BillableTimeInSeconds", whole);
}

}  // namespace

std::string training_job_arn(const account_id& account, const region_name& region, std::string_view name) {
    return "arn:aws:sagemaker:" + region.str() + ":" + account.str() + ":training-job/" + std::string{name};
}

std::string describe_answer(const training_job& job, json::value input, const std::string& arn,
                            double time_scale, wall_time now) {
    json::writer out;
    out.begin_object();
    const auto members = input.members();
    for (auto at = members.begin(); at != members.end(); ++at) {
        const bool input_only = at.key() == "Tags" || at.key() == "SessionChainingConfig";
        if (!input_only && !(*at).is_null()) out.member(at.key(), *at);
    }
    const job_phase phase = job.phase(now);
    out.member("TrainingJobArn", arn);
    out.member("TrainingJobStatus", to_string(status_of(phase))).member("SecondaryStatus", to_string(phase));
    if (phase == job_phase::failed) out.member("FailureReason", job.request.plan.failure_reason);
    out.key("ModelArtifacts")
        .begin_object()
        .member("S3ModelArtifacts", artifacts(job, input, now))
        .end_object();
    out.member("CreationTime", to_unix_seconds(job.created));
    out.member("LastModifiedTime", to_unix_seconds(job.last_modified(now)));
    write_training_times(out, job, time_scale, now);
    write_transitions(out, job, now);
    out.end_object();
    return out.take();
}

std::string list_answer(const list_page& page, const account_id& account, const region_name& region,
                        wall_time now) {
    json::writer out;
    out.begin_object().key("TrainingJobSummaries").begin_array();
    for (const training_job* job : page.jobs) {
        const job_phase phase = job->phase(now);
        out.begin_object().member("TrainingJobName", job->request.name);
        out.member("TrainingJobArn", training_job_arn(account, region, job->request.name));
        out.member("CreationTime", to_unix_seconds(job->created));
        if (terminal(status_of(phase))) out.member("TrainingEndTime", to_unix_seconds(job->timeline.end()));
        out.member("LastModifiedTime", to_unix_seconds(job->last_modified(now)));
        out.member("TrainingJobStatus", to_string(status_of(phase)))
            .member("SecondaryStatus", to_string(phase));
        out.end_object();
    }
    out.end_array();
    if (!page.next_token.empty()) out.member("NextToken", page.next_token);
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local
