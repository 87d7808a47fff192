#include "aws/local/sagemaker/batch/batch_jobs.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "aws/local/base/validation.hpp"
#include "aws/local/sagemaker/common/echo.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

// Names that an environment may have; HyperParameters, where training says the same, these jobs have none.
constexpr std::string_view seconds_variable = "TRAINYARD_LOCAL_SECONDS";
constexpr std::string_view outcome_variable = "TRAINYARD_LOCAL_OUTCOME";
constexpr double seconds_max = 2'419'200;
constexpr std::size_t failure_reason_max = 1'024;

service_error bad_variable(std::string_view name, std::string_view want) {
    return validation_exception(fmt::format("Environment: {} must be {}.", name, want));
}

std::optional<service_error> read_environment(json::value environment, batch_plan& plan) {
    if (const auto text = environment.find(seconds_variable).string()) {
        double seconds = 0;
        const char* const last = text->data() + text->size();
        const auto [end, code] = std::from_chars(text->data(), last, seconds);
        if (code != std::errc{} || end != last || !(seconds >= 0 && seconds <= seconds_max))
            return bad_variable(seconds_variable, "a number of seconds, 0 to 2419200");
        plan.running = std::chrono::round<duration>(std::chrono::duration<double>{seconds});
    }
    const auto text = environment.find(outcome_variable).string();
    if (!text) return std::nullopt;
    plan.fate.failure_reason.clear();
    if (*text == "Completed") return std::nullopt;
    constexpr std::string_view prefix = "Failed: ";
    if (!text->starts_with(prefix) || text->size() == prefix.size() ||
        text->size() - prefix.size() > failure_reason_max)
        return bad_variable(outcome_variable, "Completed, or Failed: and a FailureReason of 1 to 1024 bytes");
    plan.fate.failure_reason = text->substr(prefix.size());
    plan.fate.fails_at_start = plan.fate.failure_reason.starts_with("CapacityError");
    plan.fate.fails_half_way = false;
    return std::nullopt;
}

}  // namespace

std::map<std::string, std::string> read_tag_list(json::value tags) {
    std::map<std::string, std::string> out;
    for (const json::value tag : tags.elements())
        out.insert_or_assign(std::string{*tag.find("Key").string()},
                             std::string{*tag.find("Value").string()});
    return out;
}

std::string batch_jobs::member(std::string_view rest) const {
    return fmt::format("{}Job{}", kind_.prefix, rest);
}

std::string batch_jobs::arn(const region_key& where, std::string_view name) const {
    return fmt::format("arn:aws:sagemaker:{}:{}:{}/{}", where.second.str(), where.first.str(), kind_.arn_part,
                       name);
}

// The jobs of a region, instances of those that ended by now given back.
batch_jobs::region_jobs& batch_jobs::jobs(const region_key& where, wall_time now) {
    region_jobs& in = regions_.try_emplace(where, parts_.hidden_for).first->second;
    while (!in.ends.empty() && in.ends.begin()->first <= now) {
        const batch_job* job = in.index.find(in.ends.begin()->second);
        parts_.quotas.give_back(where.first, where.second, kind_.use, job->instances);
        in.ends.erase(in.ends.begin());
    }
    return in;
}

service_error batch_jobs::not_found(const operation_call& call) const {
    return validation_exception(
        fmt::format("Could not find requested job with name: {}", *call.input.find(member("Name")).string()));
}

batch_job* batch_jobs::named(const operation_call& call, region_jobs& in) {
    return in.index.find(*call.input.find(member("Name")).string(), call.now);
}

service_reply batch_jobs::create(const operation_call& call, batch_request request) {
    const region_key where{call.who.account, call.region};
    region_jobs& in = jobs(where, call.now);
    const std::string resource = arn(where, request.name);
    if (in.index.contains(request.name))
        return of_type(
            "ResourceInUse",
            fmt::format("Job name must be unique within an AWS account and region, and a {} job with this "
                        "name already exists ({})",
                        kind_.kind, resource));
    batch_plan plan;
    plan.max_runtime = request.max_runtime;
    plan.fate =
        parts_.rules.decide({request.name, kind_.kind, where.first, where.second, request.instances, false});
    if (auto problem = read_environment(request.environment, plan)) return *std::move(problem);
    if (const auto over = parts_.quotas.take(where.first, where.second, kind_.use, request.instances))
        return of_type("ResourceLimitExceeded", over->text());
    batch_job made;
    made.name = request.name;
    made.body = json::to_text(call.input);
    made.tags = std::move(request.tags);
    made.instances = std::move(request.instances);
    made.failure_reason = plan.fate.failure_reason;
    batch_job& job = *in.index.add(std::move(made), call.now);
    job.timeline = batch_timeline{plan, job.created, parts_.time_scale};
    in.ends.emplace(job.timeline.end(), job.name);
    changes_.emplace(job.created, change{where, job.name, batch_status::in_progress});
    plan_events(where, job, job.created);
    touched(where, job);
    json::writer out;
    out.begin_object().member(member("Arn"), resource).end_object();
    return out.take();
}

void batch_jobs::plan_events(const region_key& where, const batch_job& job, wall_time from) {
    if (const auto& stopping = job.timeline.stopping(); stopping && *stopping >= from)
        changes_.emplace(*stopping, change{where, job.name, batch_status::stopping});
    changes_.emplace(job.timeline.end(), change{where, job.name, job.timeline.outcome()});
}

void batch_jobs::write_state(json::writer& out, const batch_job& job, wall_time now, bool millis) const {
    const auto time = [&](std::string_view name, wall_time t) {
        if (millis)
            out.member(name, to_unix_millis(t));
        else
            out.member(name, to_unix_seconds(t));
    };
    out.member(member("Status"), job.status(now));
    time("CreationTime", job.created);
    if (const auto started = job.timeline.started(now))
        time(fmt::format("{}StartTime", kind_.prefix), *started);
    if (const auto ended = job.timeline.ended(now)) time(fmt::format("{}EndTime", kind_.prefix), *ended);
    if (job.timeline.at(now) == batch_status::failed) out.member("FailureReason", job.failure_reason);
}

std::string batch_jobs::record(const region_key& where, const batch_job& job, wall_time now,
                               bool with_tags) const {
    const json::document kept = read_kept(job.body);
    json::writer out;
    out.begin_object();
    echo(out, fmt::format("Describe{}Job", kind_.prefix), kept.root());
    out.member(member("Arn"), arn(where, job.name));
    write_state(out, job, now, false);
    // DescribeTransformJob has no LastModifiedTime.
    if (kind_.use == instance_use::processing)
        out.member("LastModifiedTime", to_unix_seconds(job.last_modified(now)));
    if (with_tags) {
        out.key("Tags").begin_array();
        for (const auto& [key, value] : job.tags)
            out.begin_object().member("Key", key).member("Value", value).end_object();
        out.end_array();
    }
    out.end_object();
    return out.take();
}

service_reply batch_jobs::describe(const operation_call& call) {
    const region_key where{call.who.account, call.region};
    const batch_job* job = named(call, jobs(where, call.now));
    if (job == nullptr) return not_found(call);
    return record(where, *job, call.now, false);
}

service_reply batch_jobs::list(const operation_call& call) {
    const region_key where{call.who.account, call.region};
    const auto page = jobs(where, call.now).index.list(read_list_query(call.input), call.now);
    if (!page) return wrong_list_token();
    json::writer out;
    out.begin_object().key(member("Summaries")).begin_array();
    for (const batch_job* job : page->items) {
        out.begin_object().member(member("Name"), job->name).member(member("Arn"), arn(where, job->name));
        out.member(member("Status"), job->status(call.now))
            .member("CreationTime", to_unix_seconds(job->created));
        out.member("LastModifiedTime", to_unix_seconds(job->last_modified(call.now)));
        if (const auto ended = job->timeline.ended(call.now))
            out.member(fmt::format("{}EndTime", kind_.prefix), to_unix_seconds(*ended));
        if (job->timeline.at(call.now) == batch_status::failed)
            out.member("FailureReason", job->failure_reason);
        out.end_object();
    }
    out.end_array();
    if (!page->next_token.empty()) out.member("NextToken", page->next_token);
    out.end_object();
    return out.take();
}

service_reply batch_jobs::stop(const operation_call& call) {
    const region_key where{call.who.account, call.region};
    region_jobs& in = jobs(where, call.now);
    batch_job* job = named(call, in);
    if (job == nullptr) return not_found(call);
    const wall_time end = job->timeline.end();
    const std::string status{job->status(call.now)};
    if (!job->timeline.stop(std::max(call.now, job->created)))
        return validation_exception(
            fmt::format("The request was rejected because the {} job is in status {}.", kind_.kind, status));
    in.ends.erase({end, job->name});
    in.ends.emplace(job->timeline.end(), job->name);
    std::erase_if(changes_, [&](const auto& c) {
        return c.second.where == where && c.second.name == job->name &&
               c.second.to != batch_status::in_progress;
    });
    plan_events(where, *job, call.now);
    touched(where, *job);
    return std::string{};
}

service_reply batch_jobs::remove(const operation_call& call) {
    const region_key where{call.who.account, call.region};
    region_jobs& in = jobs(where, call.now);
    const batch_job* job = named(call, in);
    if (job == nullptr) return not_found(call);
    if (!job->timeline.ended(call.now))
        return of_type("ResourceInUse",
                       fmt::format("The {} job {} cannot be deleted while it is in status {}.", kind_.kind,
                                   job->name, job->status(call.now)));
    std::erase_if(changes_,
                  [&](const auto& c) { return c.second.where == where && c.second.name == job->name; });
    touched(where, *job);
    in.index.erase(std::string{job->name});
    return std::string{};
}

std::map<std::string, std::string>* batch_jobs::tags(const operation_call& call, std::string_view text) {
    const region_key where{call.who.account, call.region};
    const std::string prefix = arn(where, "");
    if (!text.starts_with(prefix)) return nullptr;
    batch_job* job = jobs(where, call.now).index.find(text.substr(prefix.size()), call.now);
    if (job == nullptr) return nullptr;
    touched(where, *job);  // they may be about to change
    return &job->tags;
}

std::optional<wall_time> batch_jobs::next_change(const account_id& account, const region_name& region,
                                                 std::string_view name, wall_time now) {
    const batch_job* const job = jobs({account, region}, now).index.find(name);
    if (job == nullptr || now >= job->timeline.end()) return std::nullopt;
    const auto& stopping = job->timeline.stopping();
    return stopping && now < *stopping ? *stopping : job->timeline.end();
}

std::map<std::string, std::size_t> batch_jobs::count_by_status(wall_time now) const {
    std::map<std::string, std::size_t> out;
    for (const auto& [where, in] : regions_)
        in.index.for_each([&](const batch_job& job) { ++out[std::string{job.status(now)}]; });
    return out;
}

std::vector<std::string> batch_jobs::records(const account_id& account, const region_name& region,
                                             wall_time now) {
    const region_key where{account, region};
    std::vector<std::string> out;
    jobs(where, now).index.for_each([&](const batch_job& job) {
        out.push_back(record(where, job, now, true));
    });
    return out;
}

std::optional<wall_time> batch_jobs::next_event_time() const {
    if (changes_.empty()) return std::nullopt;
    return changes_.begin()->first;
}

state_change batch_jobs::event(wall_time when, const change& c, const batch_job& job) const {
    const json::document kept = read_kept(job.body);
    json::writer out;
    out.begin_object();
    echo(out, fmt::format("Describe{}Job", kind_.prefix), kept.root());
    out.member(member("Arn"), arn(c.where, job.name));
    write_state(out, job, when, true);
    out.member("LastModifiedTime", to_unix_millis(job.last_modified(when)));
    out.key("Tags").begin_object();
    for (const auto& [key, value] : job.tags) out.member(key, value);
    out.end_object().end_object();
    return {c.where.first,          c.where.second, when, std::string{kind_.detail_type},
            arn(c.where, job.name), out.take()};
}

void batch_jobs::take_events(wall_time now, std::vector<state_change>& out) {
    while (!changes_.empty() && changes_.begin()->first <= now) {
        const auto at = changes_.begin();
        if (batch_job* job = regions_.at(at->second.where).index.find(at->second.name)) {
            out.push_back(event(at->first, at->second, *job));
            ++job->told;
            touched(at->second.where, *job);
        }
        changes_.erase(at);
    }
}

}  // namespace trainyard::aws::local::sagemaker
