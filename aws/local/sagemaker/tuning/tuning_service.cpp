#include "aws/local/sagemaker/tuning/tuning_service.hpp"

#include <algorithm>
#include <utility>

#include "aws/local/sagemaker/common/echo.hpp"
#include "aws/local/sagemaker/tuning/tuning_answers.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

std::string_view name_of(const operation_call& call) {
    return *call.input.find("HyperParameterTuningJobName").string();
}

std::map<std::string, std::string> read_tags(json::value input) {
    std::map<std::string, std::string> out;
    for (const json::value tag : input.find("Tags").elements())
        out.insert_or_assign(std::string{*tag.find("Key").string()},
                             std::string{*tag.find("Value").string()});
    return out;
}

}  // namespace

tuning_service::tuning_service(training_starter& jobs, const quota_book& quotas,
                               const tuning_settings& settings)
    : kept_part("sagemaker.tuning"), jobs_(jobs), quotas_(quotas), settings_(settings) {}

tuning_store& tuning_service::store(const account_id& account, const region_name& region) {
    const auto [found, is_new] = stores_.try_emplace({account, region}, account, region, jobs_, quotas_,
                                                     settings_, tuning_event_detail);
    if (is_new)
        found->second.on_change([this, &in = *found](const tuning_job& job, auto trial) {
            note(in);
            touch_job(in.first.first, in.first.second, job, trial);
        });
    return found->second;
}

void tuning_service::add_operations(operation_table& table) {
    table.add({"CreateHyperParameterTuningJob", [this](const auto& c) { return create(c); }, "Autotune"});
    table.add({"DescribeHyperParameterTuningJob", [this](const auto& c) { return describe(c); }});
    table.add({"ListHyperParameterTuningJobs", [this](const auto& c) { return list(c); }});
    table.add({"ListTrainingJobsForHyperParameterTuningJob",
               [this](const auto& c) { return list_training_jobs(c); }});
    table.add(
        {"StopHyperParameterTuningJob", [this](const auto& c) { return store(c).stop(name_of(c), c.now); }});
    table.add({"DeleteHyperParameterTuningJob",
               [this](const auto& c) { return store(c).erase(name_of(c), c.now); }});
}

service_reply tuning_service::create(const operation_call& call) {
    const std::string name{name_of(call)};
    // Another sequence for each job, the same one in every run.
    rng own = rng{settings_.seed}.split(call.who.account.str() + "/" + call.region.str() + "/" + name);
    auto plan = read_tuning_plan(call.input, own.next_u64());
    if (!plan) return std::move(plan).error();
    auto arn = store(call).create(name, *std::move(plan), json::to_text(call.input), read_tags(call.input),
                                  call.now);
    if (!arn) return std::move(arn).error();
    json::writer out;
    out.begin_object().member("HyperParameterTuningJobArn", *arn).end_object();
    return out.take();
}

service_reply tuning_service::describe(const operation_call& call) {
    tuning_store& all = store(call);
    const tuning_job* const job = all.find(name_of(call), call.now);
    if (!job) return no_tuning_job(name_of(call));
    return describe_tuning_job(all, *job, settings_.time_scale, call.now);
}

service_reply tuning_service::list(const operation_call& call) {
    list_query q = read_list_query(call.input);
    // Other than the listings of other jobs, by the API reference.
    if (call.input.find("SortBy").is_null()) q.by = list_query::sort::name;
    if (call.input.find("SortOrder").is_null()) q.ascending = true;
    const auto page = store(call).all().list(q, call.now);
    if (!page) return wrong_list_token();
    return list_tuning_jobs(*page);
}

service_reply tuning_service::list_training_jobs(const operation_call& call) {
    const tuning_job* const job = store(call).find(name_of(call), call.now);
    if (!job) return no_tuning_job(name_of(call));
    return list_trials(*job, call.input);
}

void tuning_service::advance(wall_time now) {
    for (placed_store* in : due_.due(now)) in->second.advance(now);
}

std::optional<wall_time> tuning_service::next() const {
    return due_.first();
}

std::optional<wall_time> tuning_service::next_event_time() const {
    const auto first = due_.first(), told = to_tell_.first();
    return first && told ? std::min(*first, *told) : first ? first : told;
}

void tuning_service::look_again(const account_id& account, const region_name& region, wall_time now) {
    store(account, region).look_again(now);
}

void tuning_service::take_events(wall_time now, std::vector<state_change>& out) {
    advance(now);
    for (placed_store* in : to_tell_.due(now)) {
        for (tuning_change& c : in->second.take_changes())
            out.push_back({in->first.first, in->first.second, c.when,
                           "SageMaker HyperParameter Tuning Job State Change", std::move(c.arn),
                           std::move(c.detail)});
        note(*in);
    }
}

std::map<std::string, std::string>* tuning_service::tags(const operation_call& call, std::string_view arn) {
    tuning_store& all = store(call);
    const std::string prefix = all.arn_of("");
    if (!arn.starts_with(prefix)) return nullptr;
    tuning_job* const job = all.all().find(arn.substr(prefix.size()), call.now);
    if (!job) return nullptr;
    touch_job(call.who.account, call.region, *job, std::nullopt);  // they may be about to change
    return &job->tags;
}

std::vector<std::pair<std::string, std::string>> tuning_service::records(const account_id& account,
                                                                         const region_name& region,
                                                                         wall_time now) {
    std::vector<std::pair<std::string, std::string>> out;
    tuning_store& all = store(account, region);
    all.all().for_each([&](const tuning_job& job) {
        if (const tuning_job* seen = all.find(job.name, now))
            out.emplace_back(
                seen->arn, with_tags(describe_tuning_job(all, *seen, settings_.time_scale, now), seen->tags));
    });
    return out;
}

std::optional<wall_time> tuning_service::next_change(const account_id& account, const region_name& region,
                                                     std::string_view name) {
    const tuning_job* const job = store(account, region).find(name);
    return job ? job->due : std::nullopt;
}

std::map<std::string, std::size_t> tuning_service::count_by_status() const {
    std::map<std::string, std::size_t> out;
    for (const auto& [where, all] : stores_)
        all.all().for_each([&](const tuning_job& job) { ++out[std::string{to_string(job.is)}]; });
    return out;
}

}  // namespace trainyard::aws::local::sagemaker
