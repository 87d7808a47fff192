// How a step begins, by its type: its arguments are resolved, and its job is made or its work is decided.
#include <algorithm>
#include <cmath>

#include "aws/local/sagemaker/common/time_scale.hpp"
#include "aws/local/sagemaker/pipelines/condition.hpp"
#include "aws/local/sagemaker/pipelines/execution.hpp"
#include "aws/local/sagemaker/pipelines/execution_scope.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

constexpr std::size_t job_name_suffix = 10;

std::string_view name_member(step_type t) {
    switch (t) {
        case step_type::training: return "TrainingJobName";
        case step_type::processing: return "ProcessingJobName";
        case step_type::transform: return "TransformJobName";
        case step_type::tuning: return "HyperParameterTuningJobName";
        case step_type::model: return "ModelName";
        default: return {};
    }
}

std::string default_of(value_type t) {
    switch (t) {
        case value_type::string: return {};
        case value_type::integer:
        case value_type::floating: return "0";
        case value_type::boolean: return "false";
    }
    return {};
}

// The text of a scalar as the API passes values.
std::string as_text(json::value v) {
    return v.is_string() ? std::string{*v.string()} : json::to_text(v);
}

}  // namespace

// pipelines-<execution>-<step>-<random>, as AWS names them; a tuning job's name has only 32 characters.
std::string execution::job_name(std::size_t i) {
    const step_definition& d = definition_->steps[i];
    std::string step = d.name;
    std::replace(step.begin(), step.end(), '_', '-');
    const bool tuning = d.type == step_type::tuning;
    std::string name = tuning ? setup_.id : "pipelines-" + setup_.id;
    const std::size_t length_max = tuning ? 32 : 63;
    const std::size_t room = length_max - name.size() - job_name_suffix - 2;
    if (step.size() > room) step.resize(room);
    return name + "-" + step + "-" + random_text(random_, job_name_suffix, alphanumeric);
}

std::string execution::callback_body(std::size_t i, json::value arguments, std::string_view status) const {
    json::writer out;
    out.begin_object().member("token", steps_[i].callback_token).member("pipelineExecutionArn", setup_.arn);
    out.key("arguments");
    if (arguments.is_null())
        out.begin_object().end_object();
    else
        out.copy(arguments);
    out.member("status", status).end_object();
    return out.take();
}

void execution::begin(std::size_t i, wall_time t, job_runner& jobs, const event_sink& sink) {
    const step_definition& d = definition_->steps[i];
    const execution_scope scope{*this, jobs, t};
    ++steps_[i].attempts;
    if (d.type == step_type::condition) {
        const auto held = holds(d.conditions, scope);
        if (!held) return end(i, step_status::failed, "ClientError: " + held.error().message, t, sink);
        steps_[i].outcome = *held;
        return end(i, step_status::succeeded, "", t, sink);
    }
    const auto resolved = d.arguments.is_null() ? json::document::parse("{}") : resolve(d.arguments, scope);
    if (!resolved) return end(i, step_status::failed, "ClientError: " + resolved.error().message, t, sink);
    const json::value arguments = resolved->root();
    switch (d.type) {
        case step_type::fail: {
            return end(i, step_status::failed, as_text(arguments.find("ErrorMessage")), t, sink);
        }
        case step_type::lambda: return begin_lambda(i, arguments, t, sink);
        case step_type::callback: return begin_callback(i, arguments, t, sink);
        default: return begin_job(i, arguments, t, jobs, sink);
    }
}

void execution::begin_job(std::size_t i, json::value arguments, wall_time t, job_runner& jobs,
                          const event_sink& sink) {
    step_run& s = steps_[i];
    const step_type type = definition_->steps[i].type;
    const std::string name = job_name(i);
    const std::string_view member = name_member(type);
    json::writer request;
    request.begin_object().member(member, name);
    const auto all = arguments.members();
    for (auto at = all.begin(); at != all.end(); ++at)
        if (at.key() != member) request.key(at.key()).copy(*at);
    request.end_object();
    auto made = jobs.start(type, name, request.take(), setup_.role_arn, t);
    if (!made) {
        const service_error& e = made.error();
        return end_or_retry(i, classify_refusal(e.type, e.status), e.type + ": " + e.message, t, sink);
    }
    s.job = name;
    s.arn = *std::move(made);
    change(i, step_status::executing, t, sink);
    look(i, t, jobs, sink);
}

void execution::begin_lambda(std::size_t i, json::value arguments, wall_time t, const event_sink& sink) {
    step_run& s = steps_[i];
    double seconds = std::max(0.0, arguments.find(lambda_seconds).number().value_or(1));
    const double longest = std::chrono::duration<double>{lambda_timeout}.count();
    if (const auto outcome = arguments.find(lambda_outcome).string();
        outcome && outcome->starts_with("Failed: "))
        s.failure_reason = std::string{outcome->substr(8)};
    if (seconds > longest) {
        seconds = longest;
        s.failure_reason = "The Lambda function did not end within 10 minutes.";
    }
    const json::value values = arguments.find(lambda_outputs);
    for (const output_definition& o : definition_->steps[i].outputs) {
        const json::value v = values.find(o.name);
        std::string text = v.is_null() ? default_of(o.type) : as_text(v);
        if (refuse_value({o.name, o.type, std::nullopt, {}}, text)) text = default_of(o.type);
        s.outputs.emplace_back(o.name, std::move(text));
    }
    s.due = t + scaled(std::chrono::duration_cast<duration>(std::chrono::duration<double>{seconds}),
                       setup_.time_scale);
    change(i, step_status::executing, t, sink);
}

void execution::begin_callback(std::size_t i, json::value arguments, wall_time t, const event_sink& sink) {
    step_run& s = steps_[i];
    s.callback_token = random_text(random_, callback_token_length, alphanumeric);
    s.due = t + scaled(callback_timeout, setup_.time_scale);
    change(i, step_status::executing, t, sink);
    sink({t, execution_event::callback{i, callback_body(i, arguments, "Executing")}});
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
