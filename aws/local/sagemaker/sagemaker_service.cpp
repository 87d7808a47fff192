#include "aws/local/sagemaker/sagemaker_service.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace trainyard::aws::local {
namespace {

using namespace sagemaker;

training_options training_of(const sagemaker_options& o, const plan_service& plans) {
    training_options out;
    out.time_scale = o.time_scale;
    out.list_delay = o.list_delay;
    out.plans = o.plans != nullptr ? o.plans : &plans;
    return out;
}

void take_earlier(std::optional<wall_time>& first, const std::optional<wall_time>& other) {
    if (other && (!first || *other < *first)) first = other;
}

// A client's operation after which a tuning job or a pipeline may find its jobs changed.
bool changes_jobs(std::string_view operation) {
    return operation.starts_with("Stop") || operation.starts_with("Delete") ||
           operation.starts_with("Update");
}

}  // namespace

sagemaker_service::sagemaker_service(const sagemaker_options& options, job_journal& journal)
    : journal_(journal),
      quotas_(options.instance_limit, options.instance_limits),
      rules_(options.seed),
      plans_(options.time_scale,
             [this](const auto& account, const auto& region, auto arn, wall_time now) {
                 return training_.plan_usage(account, region, arn, now);
             }),
      training_(quotas_, rules_, *this, training_of(options, plans_)),
      processing_(processing_kind, {quotas_, rules_, options.time_scale, options.list_delay}),
      transform_(transform_kind, {quotas_, rules_, options.time_scale, options.list_delay}),
      tuning_(training_, quotas_, {options.time_scale, options.seed, options.list_delay}),
      resources_({options.time_scale, options.seed, options.list_delay}, hooks(options)),
      table_(options.guard),
      untaken_changes_(options.untaken_changes) {
    training_.add_operations(table_);
    add_processing_operations(table_, processing_);
    add_transform_operations(table_, transform_,
                             [this](const auto& call, auto name) { return has_model(call, name); });
    tuning_.add_operations(table_);
    plans_.add_operations(table_);
    resources_.add_operations(table_);
}

resource_hooks sagemaker_service::hooks(const sagemaker_options& options) {
    resource_hooks out;
    out.jobs.handle = [this](const operation_call& call) { return table_.handle(call); };
    out.jobs.next_change = [this](const job_place& job, wall_time now) { return next_change(job, now); };
    out.quotas = &quotas_;
    out.rules = &rules_;
    out.job_tags = [this](const auto& account, const auto& region, auto arn) {
        return tags(account, region, arn);
    };
    out.job_records = [this](const auto& account, const auto& region, auto type, wall_time now) {
        return records(account, region, type, now);
    };
    out.tell = [this](state_change change) {
        told_.push_back(std::move(change));
        if (told_.size() > untaken_changes_) told_.pop_front();
    };
    if (options.send) out.send = [this, send = options.send](const callback_message& m) { send(m, now_); };
    return out;
}

service_reply sagemaker_service::handle(const operation_call& call) {
    advance(call.now);
    // What the first training jobs of a tuning job find in use has to be the present.
    if (call.operation == "CreateHyperParameterTuningJob") training_.release(now_);
    service_reply reply = table_.handle(call);
    if (changes_jobs(call.operation)) {
        tuning_.look_again(call.who.account, call.region, now_);
        resources_.jobs_touched(call.who.account, call.region, now_);
    }
    return reply;
}

std::optional<wall_time> sagemaker_service::next_due() const {
    std::optional<wall_time> first = tuning_.next();
    take_earlier(first, resources_.next());
    return first;
}

void sagemaker_service::advance(wall_time now) {
    // In order of time, since what one of them does may start jobs of the other.
    for (auto due = next_due(); due && *due <= now; due = next_due()) {
        now_ = std::max(now_, *due);
        tuning_.advance(now_);
        resources_.advance(now_);
    }
    now_ = std::max(now_, now);
}

std::optional<wall_time> sagemaker_service::next_event_time() const {
    std::optional<wall_time> first = next_due();
    take_earlier(first, training_.next_event_time());
    take_earlier(first, processing_.next_event_time());
    take_earlier(first, transform_.next_event_time());
    take_earlier(first, tuning_.next_event_time());
    if (!told_.empty()) take_earlier(first, told_.front().when);
    return first;
}

std::vector<state_change> sagemaker_service::take_events(wall_time now) {
    advance(now);
    std::vector<state_change> out = training_.take_events(now_);
    processing_.take_events(now_, out);
    transform_.take_events(now_, out);
    tuning_.take_events(now_, out);
    std::move(told_.begin(), told_.end(), std::back_inserter(out));
    told_.clear();
    // Those of one time stay in their order.
    std::multimap<wall_time, state_change> by_time;
    for (state_change& c : out) by_time.emplace(c.when, std::move(c));
    out.clear();
    for (auto& [when, c] : by_time) out.push_back(std::move(c));
    return out;
}

result<void> sagemaker_service::created(const account_id& account, const region_name& region,
                                        const training_job& job) {
    creates_.push_back({account, region, job.name, job.created, job.request.tags});
    return journal_.create(account, region, job.name, job.created, job.request.tags);
}

result<void> sagemaker_service::stopped(const account_id& account, const region_name& region,
                                        std::string_view name, wall_time when) {
    return journal_.stop(account, region, name, when);
}

bool sagemaker_service::has_model(const operation_call& call, std::string_view name) {
    json::writer text;
    text.begin_object().member("ModelName", name).end_object();
    const auto input = json::document::parse(text.take());
    operation_call look = call;
    look.operation = "DescribeModel";
    look.input = input->root();
    return table_.handle(look).has_value();
}

std::optional<wall_time> sagemaker_service::next_change(const job_place& job, wall_time now) {
    switch (job.type) {
        case pipelines::step_type::training:
            if (const auto seen = training_.status(job.account, job.region, job.name, now))
                return seen->next_change;
            return std::nullopt;
        case pipelines::step_type::processing:
            return processing_.next_change(job.account, job.region, job.name, now);
        case pipelines::step_type::transform:
            return transform_.next_change(job.account, job.region, job.name, now);
        case pipelines::step_type::tuning: return tuning_.next_change(job.account, job.region, job.name);
        default: return std::nullopt;
    }
}

resources::tag_map* sagemaker_service::tags(const account_id& account, const region_name& region,
                                            std::string_view arn) {
    if (auto* found = training_.tags(account, region, arn)) return found;
    if (auto* found = plans_.tags(account, region, arn)) return found;
    operation_call call;
    call.who.account = account;
    call.region = region;
    call.now = now_;
    if (auto* found = processing_.tags(call, arn)) return found;
    if (auto* found = transform_.tags(call, arn)) return found;
    return tuning_.tags(call, arn);
}

std::vector<search::record> sagemaker_service::records(const account_id& account, const region_name& region,
                                                       std::string_view type, wall_time now) {
    auto found = type == "TrainingJob"               ? training_.records(account, region, now)
                 : type == "HyperParameterTuningJob" ? tuning_.records(account, region, now)
                                                     : std::vector<std::pair<std::string, std::string>>{};
    std::vector<search::record> out;
    for (auto& [arn, told] : found) out.push_back({std::move(arn), std::move(told)});
    return out;
}

}  // namespace trainyard::aws::local
