#include "aws/local/sagemaker/sagemaker_service.hpp"

#include "aws/local/sagemaker/sagemaker_answer.hpp"
#include "aws/local/sagemaker/sagemaker_create.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local {
namespace {

constexpr std::string_view not_found_text = "Requested resource not found.";
constexpr std::size_t tags_per_resource_max = 50;

service_error of_type(const char* type, std::string message) {
    return {400, type, "", std::move(message), true};
}

boost::system::result<std::string, service_error> read_name(json::value input) {
    validation check;
    auto name = check.text(input, "TrainingJobName", "trainingJobName", true, 1, 63);
    if (name && !is_job_name(*name))
        check.fail("trainingJobName", *name,
                   "satisfy regular expression pattern: " + std::string{job_name_pattern});
    if (auto e = check.error()) return *std::move(e);
    return *std::move(name);
}

std::string over_limit_text(const job_store::over_limit& o) {
    return "The account-level service limit '" + o.resource + "' is " + std::to_string(o.limit) +
           " Instances, with current utilization of " + std::to_string(o.in_use) +
           " Instances and a request delta of " + std::to_string(o.delta) +
           " Instances. Please use AWS Service Quotas to request an increase for this quota.";
}

// The name of a training job of the caller's account and region; empty for any other ARN.
std::string job_of_arn(const operation_call& call, const std::string& arn) {
    const std::string prefix = training_job_arn(call.who.account, call.region, "");
    return arn.starts_with(prefix) ? arn.substr(prefix.size()) : std::string{};
}

}  // namespace

sagemaker_service::sagemaker_service(instance_limits limits, double time_scale, job_journal& journal)
    : limits_(std::move(limits)), time_scale_(time_scale), journal_(journal) {}

job_store& sagemaker_service::store(const operation_call& call) {
    return stores_
        .try_emplace({call.who.account, call.region}, call.who.account, call.region, limits_, time_scale_)
        .first->second;
}

service_reply sagemaker_service::handle(const operation_call& call) {
    if (call.operation == "CreateTrainingJob") return create(call);
    if (call.operation == "DescribeTrainingJob") return describe(call);
    if (call.operation == "ListTrainingJobs") return list(call);
    if (call.operation == "StopTrainingJob") return stop(call);
    if (call.operation == "AddTags") return add_tags(call);
    if (call.operation == "ListTags") return list_tags(call);
    return of_type("UnknownOperationException", "");
}

service_reply sagemaker_service::create(const operation_call& call) {
    auto request = read_create_training_job(call.input);
    if (!request) return std::move(request).error();
    const std::string name = request->name;
    const std::string arn = training_job_arn(call.who.account, call.region, name);
    const auto outcome = store(call).create(*std::move(request), call.now);
    if (std::holds_alternative<job_store::duplicate>(outcome)) {
        ++counts_.duplicate;
        return of_type(
            "ResourceInUse",
            "Training job names must be unique within an AWS account and region, and a training job with "
            "this name already exists (" +
                arn + ")");
    }
    if (const auto* over = std::get_if<job_store::over_limit>(&outcome)) {
        ++counts_.over_limit;
        return of_type("ResourceLimitExceeded", over_limit_text(*over));
    }
    const training_job& job = *std::get<job_store::created>(outcome).job;
    ++counts_.accepted;
    creates_.push_back({call.who.account, call.region, name, job.created, job.request.tags});
    // The job exists all the same, as after AWS's own 500: the caller must look.
    if (const auto kept = journal_.create(call.who.account, call.region, name, job.created, job.request.tags);
        !kept)
        return service_error{500, "InternalFailure", "", kept.error().message, false};
    json::writer out;
    out.begin_object().member("TrainingJobArn", arn).end_object();
    return out.take();
}

service_reply sagemaker_service::describe(const operation_call& call) {
    const auto name = read_name(call.input);
    if (!name) return name.error();
    const training_job* job = store(call).find(*name);
    if (!job) return validation_exception(std::string{not_found_text});
    json::limits generous;
    generous.bytes =
        2 * generous.bytes;  // the front accepted it under its own limits; writing it again may add bytes
    const auto input = json::document::parse(job->request.body, generous);
    TY_CHECK(input.has_value(), "a stored request reads back");
    return describe_answer(*job, input->root(), training_job_arn(call.who.account, call.region, *name),
                           time_scale_, call.now);
}

service_reply sagemaker_service::list(const operation_call& call) {
    validation check;
    list_request r;
    const json::value in = call.input;
    r.created_after = check.timestamp(in, "CreationTimeAfter");
    r.created_before = check.timestamp(in, "CreationTimeBefore");
    r.modified_after = check.timestamp(in, "LastModifiedTimeAfter");
    r.modified_before = check.timestamp(in, "LastModifiedTimeBefore");
    r.name_contains = check.text(in, "NameContains", "nameContains", false, 0, 63).value_or("");
    r.status_equals = check.text(in, "StatusEquals", "statusEquals", false, 0, 64);
    check.one_of(r.status_equals, "statusEquals",
                 {"InProgress", "Completed", "Failed", "Stopping", "Stopped", "Deleting"});
    const auto by = check.text(in, "SortBy", "sortBy", false, 0, 64);
    check.one_of(by, "sortBy", {"Name", "CreationTime", "Status"});
    const auto order = check.text(in, "SortOrder", "sortOrder", false, 0, 64);
    check.one_of(order, "sortOrder", {"Ascending", "Descending"});
    r.max =
        static_cast<std::size_t>(check.integer(in, "MaxResults", "maxResults", false, 1, 100).value_or(10));
    r.token = check.text(in, "NextToken", "nextToken", false, 0, 8192).value_or("");
    if (auto e = check.error()) return *std::move(e);
    if (by == "Name") r.by = list_request::sort::name;
    if (by == "Status") r.by = list_request::sort::status;
    r.ascending = order == "Ascending";
    const auto page = store(call).list(r, call.now);
    if (!page) return validation_exception("The NextToken is not one that this listing gave.");
    return list_answer(*page, call.who.account, call.region, call.now);
}

service_reply sagemaker_service::stop(const operation_call& call) {
    const auto name = read_name(call.input);
    if (!name) return name.error();
    const auto outcome = store(call).stop(*name, call.now);
    if (!outcome.found) return validation_exception(std::string{not_found_text});
    if (!outcome.stopped)
        return validation_exception("The request was rejected because the training job is in status " +
                                    std::string{to_string(outcome.status)} + ".");
    if (const auto kept = journal_.stop(call.who.account, call.region, *name, call.now); !kept)
        return service_error{500, "InternalFailure", "", kept.error().message, false};
    return std::string{};
}

service_reply sagemaker_service::add_tags(const operation_call& call) {
    validation check;
    const auto arn = check.text(call.input, "ResourceArn", "resourceArn", true, 0, 256);
    const auto tags = read_tags(check, call.input, true);
    if (auto e = check.error()) return *std::move(e);
    const std::string name = job_of_arn(call, *arn);
    job_store& jobs = store(call);
    const training_job* job = jobs.find(name);
    if (!job) return validation_exception(std::string{not_found_text});
    auto all = tags;
    all.insert(job->request.tags.begin(), job->request.tags.end());
    if (all.size() > tags_per_resource_max)
        return of_type("ResourceLimitExceeded",
                       "A resource can have at most " + std::to_string(tags_per_resource_max) + " tags.");
    jobs.add_tags(name, tags);
    json::writer out;
    out.begin_object().key("Tags").begin_array();
    for (const auto& [key, value] : tags)
        out.begin_object().member("Key", key).member("Value", value).end_object();
    out.end_array().end_object();
    return out.take();
}

service_reply sagemaker_service::list_tags(const operation_call& call) {
    validation check;
    const auto arn = check.text(call.input, "ResourceArn", "resourceArn", true, 0, 256);
    // No resource has more tags than the smallest page, so there is never another one.
    check.integer(call.input, "MaxResults", "maxResults", false, 50, 2147483647);
    const auto token = check.text(call.input, "NextToken", "nextToken", false, 0, 8192);
    if (auto e = check.error()) return *std::move(e);
    if (token && !token->empty())
        return validation_exception("The NextToken is not one that this listing gave.");
    const training_job* job = store(call).find(job_of_arn(call, *arn));
    if (!job) return validation_exception(std::string{not_found_text});
    json::writer out;
    out.begin_object().key("Tags").begin_array();
    for (const auto& [key, value] : job->request.tags)
        out.begin_object().member("Key", key).member("Value", value).end_object();
    out.end_array().end_object();
    return out.take();
}

std::map<std::string, std::size_t> sagemaker_service::jobs_by_status(wall_time now) {
    std::map<std::string, std::size_t> all;
    for (auto& [key, jobs] : stores_)
        for (const auto& [status, n] : jobs.count_by_status(now)) all[status] += n;
    return all;
}

}  // namespace trainyard::aws::local
