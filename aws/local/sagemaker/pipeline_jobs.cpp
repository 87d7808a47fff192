#include "aws/local/sagemaker/pipeline_jobs.hpp"

#include "aws/local/sagemaker/common/time_scale.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using pipelines::job_view;
using pipelines::step_type;

// The last word of SageMaker's operations and the members of their answers.
std::string_view resource_of(step_type t) {
    switch (t) {
        case step_type::training: return "TrainingJob";
        case step_type::processing: return "ProcessingJob";
        case step_type::transform: return "TransformJob";
        case step_type::tuning: return "HyperParameterTuningJob";
        default: return "Model";
    }
}

json::document parse(const std::string& text) {
    json::limits generous;
    generous.bytes *= 2;
    generous.members *= 10;
    generous.depth *= 2;
    auto document = json::document::parse(text, generous);
    TY_CHECK(document.has_value(), "answers and resolved requests are JSON");
    return *std::move(document);
}

std::string named(step_type t, const std::string& name) {
    json::writer out;
    out.begin_object().member(std::string{resource_of(t)} + "Name", name).end_object();
    return out.take();
}

// arn:aws:iam::111122223333:role/path/name works as arn:aws:sts::111122223333:assumed-role/name/SageMaker.
std::string session_of(const account_id& account, const std::string& role_arn) {
    return "arn:aws:sts::" + account.str() + ":assumed-role/" + role_arn.substr(role_arn.rfind('/') + 1) +
           "/SageMaker";
}

}  // namespace

pipeline_jobs::pipeline_jobs(account_id account, region_name region, double time_scale,
                             const pipeline_job_hooks& hooks)
    : account_(std::move(account)), region_(std::move(region)), time_scale_(time_scale), hooks_(hooks) {}

service_reply pipeline_jobs::call(const std::string& operation, json::value input, const std::string& caller,
                                  wall_time now) {
    operation_call c;
    c.operation = operation;
    c.input = input;
    c.who.account = account_;
    c.who.arn = caller;
    c.region = region_;
    c.now = now;
    return hooks_.handle(c);
}

boost::system::result<std::string, service_error> pipeline_jobs::start(step_type type, const std::string&,
                                                                       const std::string& request,
                                                                       const std::string& role_arn,
                                                                       wall_time now) {
    const std::string resource{resource_of(type)};
    const json::document input = parse(request);
    const service_reply made = call("Create" + resource, input.root(), session_of(account_, role_arn), now);
    if (!made) return made.error();
    return std::string{parse(*made).root().find(resource + "Arn").string().value_or("")};
}

job_view pipeline_jobs::look(step_type type, const std::string& name, wall_time now) {
    if (type == step_type::model) return {job_view::state::succeeded, "", std::nullopt};
    const service_reply told = describe(type, name, now);
    // Someone has deleted it.
    if (!told) return {job_view::state::failed, told.error().message, std::nullopt};
    const json::document document = parse(*told);
    const auto status = document.root().find(std::string{resource_of(type)} + "Status").string().value_or("");
    if (status == "Completed") return {job_view::state::succeeded, "", std::nullopt};
    if (status == "Stopped") return {job_view::state::stopped, "", std::nullopt};
    if (status == "Failed")
        return {job_view::state::failed,
                std::string{document.root().find("FailureReason").string().value_or("")}, std::nullopt};
    job_view running;
    if (hooks_.next_change) running.changes_at = hooks_.next_change({account_, region_, type, name}, now);
    if (!running.changes_at) running.changes_at = now + scaled(poll_time, time_scale_);
    return running;
}

void pipeline_jobs::stop(step_type type, const std::string& name, wall_time now) {
    if (type == step_type::model) return;
    const json::document input = parse(named(type, name));
    // An error says that it has ended already, which the next look() sees.
    (void)call("Stop" + std::string{resource_of(type)}, input.root(), session_of(account_, "pipelines"), now);
}

service_reply pipeline_jobs::describe(step_type type, const std::string& name, wall_time now) {
    const json::document input = parse(named(type, name));
    return call("Describe" + std::string{resource_of(type)}, input.root(), session_of(account_, "pipelines"),
                now);
}

}  // namespace trainyard::aws::local::sagemaker
