#include "aws/local/sagemaker/pipelines/pipeline_answers.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

json::writer& if_any(json::writer& out, std::string_view key, const std::string& text) {
    return text.empty() ? out : out.member(key, text);
}

void write_user(json::writer& out, std::string_view key, const std::string& arn) {
    out.key(key)
        .begin_object()
        .key("IamIdentity")
        .begin_object()
        .member("Arn", arn)
        .end_object()
        .end_object();
}

void write_parallel(json::writer& out, const std::optional<std::size_t>& max) {
    if (max)
        out.key("ParallelismConfiguration")
            .begin_object()
            .member("MaxParallelExecutionSteps", *max)
            .end_object();
}

void write_pipeline(const pipeline& p, json::writer& out) {
    out.member("PipelineArn", p.arn)
        .member("PipelineName", p.name)
        .member("PipelineDisplayName", p.display_name);
    if_any(out, "PipelineDescription", p.description);
    out.member("RoleArn", p.role_arn).member("PipelineStatus", "Active");
    out.member("CreationTime", to_unix_seconds(p.created))
        .member("LastModifiedTime", to_unix_seconds(p.modified));
    if (p.last_run) out.member("LastRunTime", to_unix_seconds(*p.last_run));
    write_user(out, "CreatedBy", p.created_by);
    write_user(out, "LastModifiedBy", p.modified_by);
    write_parallel(out, p.parallel_max);
}

void write_execution(const execution_record& e, const std::string& pipeline_arn, json::writer& out) {
    out.member("PipelineArn", pipeline_arn).member("PipelineExecutionArn", e.run.setup().arn);
    if_any(out, "PipelineExecutionDisplayName", e.display_name);
    out.member("PipelineExecutionStatus", to_string(e.run.status()));
    if_any(out, "PipelineExecutionDescription", e.description);
    if_any(out, "FailureReason", e.run.failure_reason());
    out.member("CreationTime", to_unix_seconds(e.run.created()));
    out.member("LastModifiedTime", to_unix_seconds(e.run.last_modified()));
    write_user(out, "CreatedBy", e.created_by);
    write_user(out, "LastModifiedBy", e.modified_by);
    write_parallel(out, e.run.setup().parallel_max);
    out.member("PipelineVersionId", e.version);
}

void write_outputs(const step_run& s, json::writer& out) {
    out.key("OutputParameters").begin_array();
    for (const auto& [name, value] : s.outputs)
        out.begin_object().member("Name", name).member("Value", value).end_object();
    out.end_array();
}

std::string_view metadata_member(step_type t) {
    switch (t) {
        case step_type::training: return "TrainingJob";
        case step_type::processing: return "ProcessingJob";
        case step_type::transform: return "TransformJob";
        case step_type::tuning: return "TuningJob";
        case step_type::model: return "Model";
        case step_type::fail: return "Fail";
        case step_type::condition: return "Condition";
        case step_type::callback: return "Callback";
        case step_type::lambda: return "Lambda";
    }
    return {};
}

void write_metadata(const step_definition& d, const step_run& s, json::writer& out) {
    if (is_job(d.type) && s.arn.empty()) return;
    out.key("Metadata").begin_object().key(metadata_member(d.type)).begin_object();
    switch (d.type) {
        case step_type::fail: out.member("ErrorMessage", s.failure_reason); break;
        case step_type::condition:
            if (s.outcome) out.member("Outcome", *s.outcome ? "True" : "False");
            break;
        case step_type::callback:
            if (!s.callback_token.empty()) out.member("CallbackToken", s.callback_token);
            out.member("SqsQueueUrl", d.queue_url);
            write_outputs(s, out);
            break;
        case step_type::lambda:
            out.member("Arn", d.function_arn);
            write_outputs(s, out);
            break;
        default: out.member("Arn", s.arn);
    }
    out.end_object().end_object();
}

// Events name jobs in camel case: {"trainingJob": {"arn": ...}}.
void write_event_metadata(const step_definition& d, const step_run& s, json::writer& out) {
    out.key("metadata").begin_object();
    if (!s.arn.empty()) {
        std::string member{metadata_member(d.type)};
        member[0] = static_cast<char>(member[0] - 'A' + 'a');
        out.key(member).begin_object().member("arn", s.arn).end_object();
    }
    out.end_object();
}

}  // namespace

std::string describe_answer(const pipeline& p, const pipeline_version& version) {
    json::writer out;
    out.begin_object();
    write_pipeline(p, out);
    out.member("PipelineDefinition", version.text).end_object();
    return out.take();
}

std::string describe_answer(const execution_record& e, const std::string& pipeline_arn) {
    json::writer out;
    out.begin_object();
    write_execution(e, pipeline_arn, out);
    out.end_object();
    return out.take();
}

std::string definition_answer(const execution_record& e) {
    json::writer out;
    out.begin_object().member("PipelineDefinition", e.definition_text);
    out.member("CreationTime", to_unix_seconds(e.run.created())).end_object();
    return out.take();
}

void write_summary(const pipeline& p, json::writer& out) {
    out.begin_object().member("PipelineArn", p.arn).member("PipelineName", p.name);
    out.member("PipelineDisplayName", p.display_name);
    if_any(out, "PipelineDescription", p.description);
    out.member("RoleArn", p.role_arn).member("CreationTime", to_unix_seconds(p.created));
    out.member("LastModifiedTime", to_unix_seconds(p.modified));
    if (p.last_run) out.member("LastExecutionTime", to_unix_seconds(*p.last_run));
    out.end_object();
}

void write_summary(const execution_record& e, json::writer& out) {
    out.begin_object().member("PipelineExecutionArn", e.run.setup().arn);
    out.member("StartTime", to_unix_seconds(e.run.created()));
    out.member("PipelineExecutionStatus", to_string(e.run.status()));
    if_any(out, "PipelineExecutionDescription", e.description);
    if_any(out, "PipelineExecutionDisplayName", e.display_name);
    if_any(out, "PipelineExecutionFailureReason", e.run.failure_reason());
    out.end_object();
}

void write_step(const execution_record& e, std::size_t step, json::writer& out) {
    const step_definition& d = e.run.of().steps[step];
    const step_run& s = e.run.steps()[step];
    out.begin_object().member("StepName", d.name);
    if_any(out, "StepDisplayName", d.display_name);
    if_any(out, "StepDescription", d.description);
    out.member("StartTime", to_unix_seconds(s.start));
    if (has_ended(s.status)) out.member("EndTime", to_unix_seconds(s.end));
    out.member("StepStatus", to_string(s.status));
    if_any(out, "FailureReason", s.failure_reason);
    write_metadata(d, s, out);
    out.member("AttemptCount", s.attempts).end_object();
}

std::string search_record(const pipeline& p) {
    json::writer out;
    out.begin_object();
    write_pipeline(p, out);
    out.key("Tags").begin_array();
    for (const auto& [key, value] : p.tags)
        out.begin_object().member("Key", key).member("Value", value).end_object();
    out.end_array().end_object();
    return out.take();
}

std::string search_record(const execution_record& e, const std::string& pipeline_arn) {
    json::writer out;
    out.begin_object();
    write_execution(e, pipeline_arn, out);
    out.key("PipelineParameters").begin_array();
    for (const auto& [name, value] : e.given)
        out.begin_object().member("Name", name).member("Value", value).end_object();
    out.end_array().end_object();
    return out.take();
}

std::string event_detail(const execution_record& e, const execution_event& event) {
    json::writer out;
    const execution_setup& setup = e.run.setup();
    out.begin_object().member("pipelineArn", setup.pipeline_arn).member("pipelineExecutionArn", setup.arn);
    if (const auto* x = std::get_if<execution_event::execution_changed>(&event.what)) {
        if_any(out, "pipelineExecutionDisplayName", e.display_name);
        if (x->from) out.member("previousPipelineExecutionStatus", to_string(*x->from));
        out.member("currentPipelineExecutionStatus", to_string(x->to));
        out.member("executionStartTime", to_iso8601(e.run.created()));
        const bool ended = x->to != execution_status::executing && x->to != execution_status::stopping;
        if (ended) out.member("executionEndTime", to_iso8601(event.when));
    } else if (const auto* c = std::get_if<execution_event::step_changed>(&event.what)) {
        const step_definition& d = e.run.of().steps[c->step];
        const step_run& s = e.run.steps()[c->step];
        out.member("stepName", d.name).member("stepType", to_string(d.type));
        if (!to_string(c->from).empty()) out.member("previousStepStatus", to_string(c->from));
        out.member("currentStepStatus", to_string(c->to)).member("stepStartTime", to_iso8601(s.start));
        if (has_ended(c->to)) out.member("stepEndTime", to_iso8601(event.when));
        if_any(out, "failureReason", s.failure_reason);
        write_event_metadata(d, s, out);
    }
    out.end_object();
    return out.take();
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
