// SageMaker in every pool, and the observer who sees what is started there.
#include <algorithm>
#include <set>

#include "engine/base/json.hpp"
#include "scheduler/lifecycle/request.hpp"
#include "tests/simulation/cloud.hpp"
#include "tests/simulation/process_words.hpp"
#include "tests/simulation/work.hpp"

namespace trainyard::simulation {
namespace {

namespace local = aws::local;
using lifecycle::kind;

std::optional<kind> created_by(std::string_view operation) {
    for (std::size_t k = 0; k < lifecycle::kind_count; ++k)
        if (words(static_cast<kind>(k)).create == operation) return static_cast<kind>(k);
    return std::nullopt;
}

std::string text(json::value v, std::string_view member) {
    return std::string{v.find(member).string().value_or("")};
}

std::map<std::string, std::string> tags_of(kind k, json::value request) {
    if (k == kind::pipeline)
        return lifecycle::tags_of_description(text(request, "PipelineExecutionDescription"));
    std::map<std::string, std::string> out;
    for (const json::value t : request.find("Tags").elements()) out[text(t, "Key")] = text(t, "Value");
    return out;
}

// An endpoint that is being deleted runs nothing any more.
bool has_ended(std::string_view status) {
    return status == "Completed" || status == "Failed" || status == "Stopped" || status == "Succeeded" ||
           status == "Deleting";
}

}  // namespace

local::operation_call cloud::make(std::size_t pool, std::string_view operation, json::value input) const {
    local::operation_call c;
    c.operation = operation;
    c.input = input;
    c.who.account = account_id{plan_.pools[pool].account};
    c.who.arn = "arn:aws:sts::" + plan_.pools[pool].account + ":assumed-role/spoke/trainyard";
    c.region = region_name{plan_.pools[pool].region};
    c.now = wall();
    return c;
}

answer cloud::call(std::size_t pool, std::string_view operation, std::string_view input) {
    const auto document = json::document::parse(input);
    TY_CHECK(document.has_value(), "what is sent is JSON");
    const auto reply = sagemaker_.handle(make(pool, operation, document->root()));
    pump();
    if (!reply && reply.error().type.ends_with("ResourceLimitExceeded")) refusals_.push_back(time_.now());
    if (!reply) return {reply.error().status, reply.error().type, reply.error().message, {}, true};
    if (const auto k = created_by(operation)) {
        const auto answered = json::document::parse(*reply);
        watch(pool, *k, document->root(), text(answered->root(), words(*k).arn));
    }
    return {200, {}, {}, *reply, true};
}

void cloud::watch(std::size_t pool, kind k, json::value request, std::string_view arn) {
    const auto tags = tags_of(k, request);
    started s;
    s.kind = k;
    s.place = pool;
    s.pool = plan_.pools[pool].name;
    s.name = text(request, lifecycle::row_of(k).name_member);
    s.key = k == kind::pipeline ? std::string{arn} : s.name;
    // The same client token gives the same execution: nothing was started.
    if (k == kind::pipeline)
        for (const started& other : starts_)
            if (other.key == s.key) return;
    if (const auto job = tags.find("trainyard:job"); job != tags.end()) {
        s.job = job->second;
        s.attempt = std::atoi(tags.at("trainyard:attempt").c_str());
    }
    s.resource = demanded_resource;
    s.instances = k == kind::tuning ? 2 : 1;
    if (k == kind::training) {
        s.instances = request.find("ResourceConfig").find("InstanceCount").integer().value_or(0);
        if (request.find("EnableManagedSpotTraining").boolean().value_or(false)) s.resource += ":spot";
    }
    trace_.add(time_.now(), "{} has {} ({})", s.pool, s.name, s.job.empty() ? "a stranger's" : "ours");
    if (!s.job.empty()) judge_start(s);
    if (!s.job.empty() && observer_) observer_(s);
    by_name_.emplace(std::pair{s.pool, s.name}, starts_.size());
    starts_.push_back(std::move(s));
}

// S4 and S6 as they hold in the world, whatever Trainyard believes.
void cloud::judge_start(const started& s) {
    const duration now = time_.now();
    // A Create that was under way for minutes may bring an endpoint back that Trainyard has deleted, even
    // after the faults have ended. It has to go again, which is judged at the end.
    const bool brought_back = s.kind == kind::endpoint && plan_.faults.request_late > 0;
    std::int64_t in_use = s.instances;
    std::string users = s.name;
    std::set<std::string_view> counted{s.key};
    for (const started& other : starts_) {
        if (other.job.empty()) continue;
        if (other.job == s.job && other.attempt == s.attempt && !brought_back)
            verdict_.accuse(now, "S4", "attempt {} of {} is started twice: {} in {}, {} in {}", s.attempt,
                            s.job, other.name, other.pool, s.name, s.pool);
        const bool same_place = other.pool == s.pool && other.resource == s.resource;
        if ((other.job != s.job && !same_place) || !lives(other)) continue;
        if (!counted.insert(other.key).second) continue;
        if (other.job == s.job) verdict_.accuse(now, "S4", "{} starts beside {}", s.name, other.name);
        if (!same_place) continue;
        in_use += other.instances;
        users += " " + other.name;
    }
    const std::int64_t limit = plan_.pools[s.place].limit;
    if (in_use > limit && !brought_back)
        verdict_.accuse(now, "S6", "{} {} are in use in {}, {} are allowed: {}", in_use, s.resource, s.pool,
                        limit, users);
}

const cloud::started* cloud::find(const std::string& pool, const std::string& name) const {
    const auto [first, last] = by_name_.equal_range({pool, name});
    for (auto at = first; at != last; ++at)
        if (!starts_[at->second].job.empty()) return &starts_[at->second];
    return nullptr;
}

std::optional<std::string> cloud::status(const started& s) const {
    if (s.kind == kind::training) {
        const auto& p = plan_.pools[s.place];
        const auto state =
            sagemaker_.training().status(account_id{p.account}, region_name{p.region}, s.name, wall());
        if (!state) return std::nullopt;
        return std::string{state->status};
    }
    json::writer w;
    w.begin_object().member(words(s.kind).key, std::string_view{s.key}).end_object();
    const auto input = json::document::parse(w.take());
    const auto reply = sagemaker_.handle(make(s.place, words(s.kind).describe, input->root()));
    if (!reply) return std::nullopt;
    const auto answered = json::document::parse(*reply);
    return text(answered->root(), words(s.kind).status);
}

std::string cloud::failure(const started& s) const {
    if (s.kind != kind::training) return {};
    const auto& p = plan_.pools[s.place];
    const auto state =
        sagemaker_.training().status(account_id{p.account}, region_name{p.region}, s.name, wall());
    return state ? state->failure_reason : std::string{};
}

bool cloud::lives(const started& s) const {
    const auto state = status(s);
    return state && !has_ended(*state);
}

void cloud::set_quota(std::size_t pool, std::int64_t instances) {
    const pool_plan& p = plan_.pools[pool];
    sagemaker_.quotas().set_limit(account_id{p.account}, region_name{p.region}, demanded_resource,
                                  local::sagemaker::instance_use::training, instances);
}

void cloud::strangers_leave() {
    for (const started& s : std::vector<started>{starts_}) {
        if (!s.job.empty() || s.kind != kind::endpoint || !lives(s)) continue;
        json::writer w;
        w.begin_object().member("EndpointName", std::string_view{s.key}).end_object();
        call(s.place, "DeleteEndpoint", w.take());
    }
}

void cloud::strange(std::size_t pool, kind k, std::string_view name) {
    // Nobody else can take the name of an execution.
    if (k == kind::pipeline) return;
    const answer a = call(pool, words(k).create, strangers_request(k, name, plan_.pools[pool].account));
    TY_CHECK(a.status == 200 || by_name_.contains({plan_.pools[pool].name, std::string{name}}) ||
                 a.code.ends_with("ResourceLimitExceeded"),
             "a stranger's request is right");
}

void cloud::erase_something(rng& dice, const std::function<bool(const started&)>& may_go) {
    if (starts_.empty()) return;
    const started& one = starts_[dice.below(starts_.size())];
    if (one.job.empty() || one.kind != kind::training || !may_go(one)) return;
    const answer gone =
        call(one.place, "DeleteTrainingJob", fmt::format(R"({{"TrainingJobName":"{}"}})", one.name));
    if (gone.status == 200) trace_.add(time_.now(), "somebody deletes {}", one.name);
}

// Events leave when things happen, and come when they come, if they do.
void cloud::pump() {
    for (const auto& change : sagemaker_.take_events(wall())) {
        if (!plan_.events || events_.chance(faults_.event_lost)) continue;
        const auto event = lifecycle::read_event(fmt::format(
            R"({{"version":"0","source":"aws.sagemaker","detail-type":"{}","account":"{}","region":"{}","resources":["{}"],"detail":{}}})",
            change.detail_type, change.account.str(), change.region.str(), change.resource_arn,
            change.detail));
        if (!event) continue;
        const int copies = events_.chance(faults_.event_twice) ? 2 : 1;
        for (int i = 0; i < copies; ++i)
            time_.after(std::chrono::milliseconds{events_.chance(0.9) ? events_.between(100, 2'000)
                                                                      : events_.between(2'000, 60'000)},
                        [this, e = *event] {
                            if (listener_) listener_(e);
                        });
    }
    const auto next = sagemaker_.next_event_time();
    if (!next) return;
    const duration when = std::max(time_.now() + std::chrono::milliseconds{1}, duration{*next - epoch_});
    if (event_wake_ && *event_wake_ <= when && *event_wake_ > time_.now()) return;
    event_wake_ = when;
    time_.at(when, [this, when] {
        if (event_wake_ == when) pump();
    });
}

}  // namespace trainyard::simulation
