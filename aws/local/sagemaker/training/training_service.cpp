#include "aws/local/sagemaker/training/training_service.hpp"

#include <fmt/format.h>

#include "aws/local/sagemaker/common/echo.hpp"
#include "aws/local/sagemaker/training/job_fate_plan.hpp"
#include "aws/local/sagemaker/training/training_answer.hpp"
#include "aws/local/sagemaker/training/training_error.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

std::int64_t instances_of(const training_request& r) {
    std::int64_t n = 0;
    for (const auto& [type, count] : r.instances) n += count;
    return n;
}

}  // namespace

training_service::training_service(quota_book& quotas, const job_rules& rules, training_record& record,
                                   const training_options& options)
    : kept_part("sagemaker.training"),
      quotas_(quotas),
      rules_(rules),
      record_(record),
      options_(options),
      checks_(model::sagemaker_model()) {}

training_store& training_service::store(const account_id& account, const region_name& region) {
    const auto [found, is_new] = stores_.try_emplace({account, region}, account, region, quotas_,
                                                     options_.time_scale, options_.list_delay);
    if (is_new)
        found->second.on_change([this, &in = *found](std::string_view name, auto what) {
            const auto& where = in.first;
            due_.set(in, in.second.next_change());
            touch(kept_course, where.first, where.second, name);
            if (what == training_store::part::all) touch(kept_request, where.first, where.second, name);
        });
    return found->second;
}

boost::system::result<const training_job*, service_error> training_service::accept(const account_id& account,
                                                                                   const region_name& region,
                                                                                   create_input what,
                                                                                   wall_time now) {
    std::optional<training_plan_window> window;
    if (const std::string& plan = what.request.training_plan; !plan.empty()) {
        if (options_.plans) window = options_.plans->find_plan(account, region, plan);
        if (!window) return of_type("ResourceNotFound", "Training plan " + plan + " does not exist.");
        if (window->until <= now)
            return validation_exception("Training plan " + plan + " is no longer active.");
        if (window->instances < instances_of(what.request))
            return validation_exception(fmt::format("Training plan {} has {} instances, the job needs {}.",
                                                    plan, window->instances, instances_of(what.request)));
    }
    what.request.plan.attempts = plan_attempts(what, rules_, account, region);
    const std::string arn = training_job_arn(account, region, what.name);
    const auto outcome =
        store(account, region).create(std::move(what.name), std::move(what.request), now, window);
    if (std::holds_alternative<training_store::duplicate>(outcome)) {
        ++counts_.duplicate;
        return of_type(
            "ResourceInUse",
            "Training job names must be unique within an AWS account and region, and a training job with "
            "this name already exists (" +
                arn + ")");
    }
    if (const auto* over = std::get_if<quota_book::over_limit>(&outcome)) {
        ++counts_.over_limit;
        return of_type("ResourceLimitExceeded", over->text());
    }
    ++counts_.accepted;
    return std::get<training_store::created>(outcome).job;
}

service_reply training_service::start(const training_start& what) {
    const auto request = json::document::parse(what.request);
    if (!request) return serialization_exception(request.error().message);
    const auto problem = checks_.check(*checks_.service().find("CreateTrainingJob"), request->root());
    if (problem)
        return problem->what == model::invalid::kind::serialization
                   ? serialization_exception(problem->message)
                   : validation_exception(problem->message);
    auto read = read_create_training_job(request->root());
    if (!read) return std::move(read).error();
    read->request.tuning_job_arn = what.tuning_job_arn;
    read->request.metrics = what.metrics;
    const std::string arn = training_job_arn(what.account, what.region, read->name);
    const auto job = accept(what.account, what.region, *std::move(read), what.now);
    if (!job) return job.error();
    json::writer out;
    out.begin_object().member("TrainingJobArn", arn).end_object();
    return out.take();
}

std::optional<training_state> training_service::status(const account_id& account, const region_name& region,
                                                       std::string_view name, wall_time now) const {
    const auto found = stores_.find({account, region});
    const training_job* const job = found == stores_.end() ? nullptr : found->second.find(name);
    if (!job) return std::nullopt;
    const std::size_t current = job->timeline.at(now);
    const job_phase phase = job->timeline[current].phase;
    training_state out;
    out.status = to_string(status_of(phase));
    out.secondary_status = to_string(phase);
    out.ended = is_terminal(status_of(phase));
    if (phase == job_phase::failed) out.failure_reason = job->request.plan.attempts.back().failure_reason;
    out.created = job->created;
    if (const auto start = job->timeline.training_start(); start && *start <= now) out.training_start = start;
    if (out.ended)
        out.training_end = job->timeline.end();
    else
        out.next_change = job->timeline[current + 1].start;
    return out;
}

service_reply training_service::stop(const account_id& account, const region_name& region,
                                     std::string_view name, wall_time now) {
    const auto outcome = store(account, region).stop(name, now);
    if (!outcome.found) return training_job_not_found();
    if (!outcome.done) return rejected_in_status(to_string(outcome.status));
    return std::string{};
}

std::map<std::string, std::string>* training_service::tags(const account_id& account,
                                                           const region_name& region, std::string_view arn) {
    const std::string prefix = training_job_arn(account, region, "");
    if (!arn.starts_with(prefix)) return nullptr;
    return store(account, region).tags(arn.substr(prefix.size()));
}

std::vector<std::pair<std::string, std::string>> training_service::records(const account_id& account,
                                                                           const region_name& region,
                                                                           wall_time now) const {
    std::vector<std::pair<std::string, std::string>> out;
    const auto found = stores_.find({account, region});
    if (found == stores_.end()) return out;
    found->second.for_each([&](const training_job& job) {
        std::string arn = training_job_arn(account, region, job.name);
        std::string told = with_tags(describe_answer(job, arn, options_.time_scale, now), job.request.tags);
        out.emplace_back(std::move(arn), std::move(told));
    });
    return out;
}

std::int64_t training_service::plan_usage(const account_id& account, const region_name& region,
                                          std::string_view arn, wall_time now) const {
    const auto found = stores_.find({account, region});
    return found == stores_.end() ? 0 : found->second.plan_usage(std::string{arn}, now);
}

std::map<std::string, std::size_t> training_service::jobs_by_status(wall_time now) {
    std::map<std::string, std::size_t> all;
    for (auto& [key, jobs] : stores_)
        for (const auto& [status, n] : jobs.count_by_status(now)) all[status] += n;
    return all;
}

std::optional<wall_time> training_service::next_event_time() const {
    return due_.first();
}

std::vector<state_change> training_service::take_events(wall_time now) {
    std::vector<state_change> out;
    for (placed_store* in : due_.due(now)) {
        const auto& [account, region] = in->first;
        for (const auto& [job, when, step] : in->second.take_changes(now)) {
            std::string arn = training_job_arn(account, region, job->name);
            std::string detail = change_detail(*job, arn, step);
            out.push_back({account, region, when, "SageMaker Training Job State Change", std::move(arn),
                           std::move(detail)});
        }
    }
    return out;
}

void training_service::release(wall_time now) {
    for (auto& [key, jobs] : stores_) jobs.release(now);
}

}  // namespace trainyard::aws::local::sagemaker
