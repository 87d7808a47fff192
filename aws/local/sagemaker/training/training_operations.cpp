// The operations that clients call, of training_service.hpp.
#include "aws/local/sagemaker/training/training_answer.hpp"
#include "aws/local/sagemaker/training/training_error.hpp"
#include "aws/local/sagemaker/training/training_service.hpp"
#include "aws/local/sagemaker/training/update_body.hpp"
#include "aws/local/sagemaker/training/warm_pool.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

std::string_view name_in(json::value input) {
    return *input.find("TrainingJobName").string();
}

service_error not_recorded(const error& e) {
    return {500, "InternalFailure", "", e.message, false};
}

}  // namespace

void training_service::add_operations(operation_table& table) {
    table.add({"CreateTrainingJob", [this](const auto& c) { return create(c); },
               "AlgorithmSpecification InputDataConfig DebugHookConfig DebugRuleConfigurations "
               "TensorBoardOutputConfig ExperimentConfig ProfilerConfig ProfilerRuleConfigurations "
               "Environment RemoteDebugConfig InfraCheckConfig ServerlessJobConfig MlflowConfig "
               "ModelPackageConfig"});
    table.add({"DescribeTrainingJob", [this](const auto& c) { return describe(c); }});
    table.add({"ListTrainingJobs", [this](const auto& c) { return list(c); }});
    table.add({"StopTrainingJob", [this](const auto& c) { return stop(c); }});
    table.add({"UpdateTrainingJob", [this](const auto& c) { return update(c); },
               "ProfilerConfig ProfilerRuleConfigurations RemoteDebugConfig"});
    table.add({"DeleteTrainingJob", [this](const auto& c) { return erase(c); }});
}

service_reply training_service::create(const operation_call& call) {
    auto read = read_create_training_job(call.input);
    if (!read) return std::move(read).error();
    const account_id& account = call.who.account;
    const std::string arn = training_job_arn(account, call.region, read->name);
    const auto job = accept(account, call.region, *std::move(read), call.now);
    if (!job) return job.error();
    if (const auto kept = record_.created(account, call.region, **job); !kept)
        return not_recorded(kept.error());
    json::writer out;
    out.begin_object().member("TrainingJobArn", arn).end_object();
    return out.take();
}

service_reply training_service::describe(const operation_call& call) {
    const std::string_view name = name_in(call.input);
    const training_job* const job = store(call).find(name);
    if (!job) return training_job_not_found();
    const std::string arn = training_job_arn(call.who.account, call.region, name);
    return describe_answer(*job, arn, options_.time_scale, call.now);
}

service_reply training_service::list(const operation_call& call) {
    list_query query = read_list_query(call.input);
    query.status_after_cut = true;
    const auto pool = call.input.find("WarmPoolStatusEquals").string();
    const auto plan = call.input.find("TrainingPlanArnEquals").string();
    const auto also = [&](const training_job& job) {
        if (plan && job.request.training_plan != *plan) return false;
        if (!pool) return true;
        const auto view = view_pool(job, options_.time_scale, call.now);
        return view && view->status == *pool;
    };
    const auto page = store(call).list(query, call.now, also);
    if (!page) return wrong_list_token();
    return list_answer(*page, call.who.account, call.region, options_.time_scale, call.now);
}

service_reply training_service::stop(const operation_call& call) {
    const std::string_view name = name_in(call.input);
    auto reply = stop(call.who.account, call.region, name, call.now);
    if (!reply) return reply;
    if (const auto kept = record_.stopped(call.who.account, call.region, name, call.now); !kept)
        return not_recorded(kept.error());
    return reply;
}

service_reply training_service::update(const operation_call& call) {
    const std::string_view name = name_in(call.input);
    training_store& jobs = store(call);
    const training_job* const job = jobs.find(name);
    if (!job) return training_job_not_found();
    const json::value resources = call.input.find("ResourceConfig");
    bool visibly = false;
    for (const char* member : {"ProfilerConfig", "ProfilerRuleConfigurations", "RemoteDebugConfig"})
        visibly = visibly || !call.input.find(member).is_null();
    // Only what runs can be watched or debugged in another way.
    const job_status status = status_of(job->phase(call.now));
    if (visibly && status != job_status::in_progress) return rejected_in_status(to_string(status));
    const json::document stored = stored_body(*job);
    std::string body = updated_body(stored.root(), call.input);
    if (!resources.is_null()) {
        const std::chrono::seconds keep{*resources.find("KeepAlivePeriodInSeconds").integer()};
        if (jobs.set_keep_alive(name, keep, call.now) == training_store::pool_outcome::no_pool)
            return validation_exception(
                "KeepAlivePeriodInSeconds can be updated only for a training job whose warm pool is InUse or "
                "Available.");
    }
    jobs.update(name, std::move(body), visibly, call.now);
    json::writer out;
    out.begin_object();
    out.member("TrainingJobArn", training_job_arn(call.who.account, call.region, name)).end_object();
    return out.take();
}

service_reply training_service::erase(const operation_call& call) {
    const std::string_view name = name_in(call.input);
    training_store& jobs = store(call);
    const training_job* const job = jobs.find(name);
    if (!job) return training_job_not_found();
    const std::string_view status = job->status(call.now);
    switch (jobs.erase(name, call.now)) {
        case training_store::erase_outcome::erased: return std::string{};
        case training_store::erase_outcome::not_found: return training_job_not_found();
        case training_store::erase_outcome::not_ended:
            return of_type("ResourceInUse", rejected_in_status(status).message);
        case training_store::erase_outcome::pool_available: break;
    }
    return of_type("ResourceInUse",
                   "The request was rejected because the warm pool of the training job is Available.");
}

}  // namespace trainyard::aws::local::sagemaker
