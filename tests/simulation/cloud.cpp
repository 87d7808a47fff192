#include "tests/simulation/cloud.hpp"

#include <algorithm>

namespace trainyard::simulation {
namespace {

namespace local = aws::local;

constexpr std::uint64_t queue_tag = 0x51;
const char* const resource = "ml.m5.large";

local::sagemaker_options sagemaker_of(const plan& p) {
    local::sagemaker_options out;
    out.seed = p.seed;
    out.list_delay = p.faults.list_delay;
    for (const pool_plan& one : p.pools)
        out.instance_limits[one.account + "/" + one.region + "/" + resource] = one.hidden;
    return out;
}

std::vector<local::sagemaker::job_rule> rules_of(const plan& p) {
    using local::sagemaker::job_effect;
    std::vector<local::sagemaker::job_rule> out;
    const auto rule = [&](job_effect effect, double probability, duration after = {}) {
        if (probability <= 0) return;
        auto& r = out.emplace_back();
        r.effect = effect;
        r.probability = probability;
        r.text = "the data is missing";
        r.after = after;
    };
    rule(job_effect::capacity, p.capacity);
    rule(job_effect::internal, p.internal);
    rule(job_effect::algorithm, p.algorithm);
    rule(job_effect::interruption, p.interruption, std::chrono::seconds{p.seconds_min});
    return out;
}

local::store_settings queue_of(const plan& p) {
    local::store_settings s;
    s.fifo = p.fifo;
    s.retention = std::chrono::hours{24 * 14};
    return s;
}

std::string tag_of(json::value tags, std::string_view key) {
    for (const json::value t : tags.elements())
        if (t.find("Key").string() == key) return std::string{t.find("Value").string().value_or("")};
    return {};
}

}  // namespace

cloud::cloud(const plan& p, agenda& time, trace& told, verdict& judge)
    : plan_(p),
      time_(time),
      trace_(told),
      verdict_(judge),
      dice_(rng{p.seed}.split("cloud")),
      ids_(rng{p.seed}.split("ids")),
      faults_(p.faults),
      epoch_(from_unix_seconds(1'767'225'600)),
      queue_(queue_of(p), queue_tag),
      sagemaker_(sagemaker_of(p), journal_) {
    sagemaker_.set_rules(rules_of(p));
}

void cloud::send(std::size_t number, std::string body) {
    local::queue_message m;
    m.body = std::move(body);
    if (plan_.fifo) {
        m.group_id = fmt::format("group-{}", number % 7);
        m.deduplication_id = fmt::format("message-{}", number);
    }
    const auto sent = queue_.send(std::move(m), std::nullopt, wall(), ids_);
    ++sent_;
    trace_.add(time_.now(), "message {} sent", sent.id.str());
    serve();
}

std::vector<message_copy> cloud::take(std::size_t max) {
    local::receive_request request;
    request.max = max;
    request.visibility = std::chrono::seconds{plan_.visibility_seconds};
    // A standard queue may deliver a message that it has delivered already.
    const bool twice = !plan_.fifo && dice_.chance(faults_.delivered_twice);
    if (twice) request.visibility = std::chrono::seconds{0};
    std::vector<message_copy> out;
    for (const auto& d : queue_.receive(request, wall(), ids_).messages)
        out.push_back({d.message->id.str(), d.message->deduplication_id, d.message->group_id, d.message->body,
                       d.handle});
    return out;
}

void cloud::receive(std::size_t max, duration wait, std::function<void(std::vector<message_copy>)> reply) {
    auto found = take(max);
    if (!found.empty() || wait <= duration{0}) return reply(std::move(found));
    polls_.push_back({max, time_.now() + wait, std::move(reply)});
    time_.after(wait, [this] { serve(); });
    wake_later();
}

// Polls that wait are answered in their order, by messages or by their end.
void cloud::serve() {
    wake_.reset();
    for (auto at = polls_.begin(); at != polls_.end();) {
        auto found = take(at->max);
        if (found.empty() && time_.now() < at->until) {
            ++at;
            continue;
        }
        const auto reply = std::move(at->reply);
        at = polls_.erase(at);
        reply(std::move(found));
    }
    wake_later();
}

void cloud::wake_later() {
    const auto next = queue_.next_wakeup();
    if (polls_.empty() || !next) return;
    const duration when = std::max(time_.now(), duration{*next - epoch_});
    if (wake_ && *wake_ <= when) return;
    wake_ = when;
    time_.at(when, [this, when] {
        if (wake_ == when) serve();
    });
}

std::vector<bool> cloud::remove(const std::vector<std::string>& handles) {
    std::vector<bool> out;
    for (const std::string& h : handles) {
        if (dice_.chance(faults_.entry_fails)) {
            out.push_back(false);
            continue;
        }
        // A replica that was away may show a message again that was deleted.
        const bool forgotten = !plan_.fifo && dice_.chance(faults_.delete_forgotten);
        out.push_back(forgotten || queue_.remove(h, wall()) == local::queue_store::outcome::done);
    }
    return out;
}

void cloud::heal() {
    faults_ = {};
}

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
    const local::operation_call c = make(pool, operation, document->root());
    const auto reply = sagemaker_.handle(c);
    static_cast<void>(sagemaker_.take_events(wall()));
    if (!reply) return {reply.error().status, reply.error().type, reply.error().message, {}, true};
    if (operation == "CreateTrainingJob") {
        started s;
        s.pool = plan_.pools[pool].name;
        s.name = std::string{document->root().find("TrainingJobName").string().value_or("")};
        const json::value tags = document->root().find("Tags");
        s.job = tag_of(tags, "trainyard:job");
        s.attempt = std::atoi(tag_of(tags, "trainyard:attempt").c_str());
        s.stranger = s.job.empty();
        const json::value asked = document->root().find("ResourceConfig");
        s.instances = asked.find("InstanceCount").integer().value_or(0);
        s.resource = std::string{asked.find("InstanceType").string().value_or("")};
        if (document->root().find("EnableManagedSpotTraining").boolean().value_or(false))
            s.resource += ":spot";
        watch(s);
    }
    return {200, {}, {}, *reply, true};
}

// S4 and S6 as they hold in the world, whatever Trainyard believes.
void cloud::watch(const started& s) {
    trace_.add(time_.now(), "{} has {} ({})", s.pool, s.name, s.stranger ? "a stranger's" : "ours");
    const auto [at, is_new] = starts_.emplace(std::pair{s.pool, s.name}, s);
    if (s.stranger) return;
    ++accepted_;
    if (!is_new) verdict_.accuse(time_.now(), "S4", "{} in {} was started twice", s.name, s.pool);
    std::int64_t in_use = 0;  // of the same resource in the same pool
    std::size_t live_of_job = 0;
    for (const auto& [key, other] : starts_) {
        if (other.stranger) continue;
        const auto state = status(other.pool, other.name);
        const bool live = state && *state != "Completed" && *state != "Failed" && *state != "Stopped";
        if (!live) continue;
        if (other.pool == s.pool && other.resource == s.resource) in_use += other.instances;
        if (other.job == s.job) ++live_of_job;
        if (other.job == s.job && other.attempt == s.attempt && other.name != s.name)
            verdict_.accuse(time_.now(), "S4", "attempt {} of {} is {} and {}", s.attempt, s.job, s.name,
                            other.name);
    }
    if (live_of_job > 1)
        verdict_.accuse(time_.now(), "S4", "{} of {} starts beside a live attempt", s.name, s.job);
    for (const pool_plan& p : plan_.pools)
        if (p.name == s.pool && in_use > p.limit)
            verdict_.accuse(time_.now(), "S6", "{} {} live in {}, {} are allowed", in_use, s.resource, s.pool,
                            p.limit);
}

void cloud::strange(std::size_t pool, std::string_view name) {
    const answer a = call(
        pool, "CreateTrainingJob",
        fmt::format(
            R"({{"TrainingJobName":"{}","AlgorithmSpecification":{{"TrainingImage":"i","TrainingInputMode":"File"}},)"
            R"("RoleArn":"arn:aws:iam::{}:role/exec","OutputDataConfig":{{"S3OutputPath":"s3://else/out"}},)"
            R"("ResourceConfig":{{"InstanceType":"ml.c5.xlarge","InstanceCount":1,"VolumeSizeInGB":1}},)"
            R"("StoppingCondition":{{"MaxRuntimeInSeconds":60}}}})",
            name, plan_.pools[pool].account));
    TY_CHECK(a.status == 200 || starts_.contains({plan_.pools[pool].name, std::string{name}}),
             "a stranger's request is right");
}

void cloud::erase_something(rng& dice, const std::function<bool(const started&)>& may_go) {
    if (starts_.empty()) return;
    auto at = starts_.begin();
    std::advance(at, static_cast<std::ptrdiff_t>(dice.below(starts_.size())));
    if (at->second.stranger || !may_go(at->second)) return;
    const auto pool = std::find_if(plan_.pools.begin(), plan_.pools.end(),
                                   [&](const pool_plan& p) { return p.name == at->second.pool; });
    const auto gone = call(static_cast<std::size_t>(pool - plan_.pools.begin()), "DeleteTrainingJob",
                           fmt::format(R"({{"TrainingJobName":"{}"}})", at->second.name));
    if (gone.status == 200) trace_.add(time_.now(), "somebody deletes {}", at->second.name);
}

std::optional<std::string> cloud::status(const std::string& pool, const std::string& name) const {
    for (const pool_plan& p : plan_.pools) {
        if (p.name != pool) continue;
        const auto state =
            sagemaker_.training().status(account_id{p.account}, region_name{p.region}, name, wall());
        if (state) return std::string{state->status};
    }
    return std::nullopt;
}

}  // namespace trainyard::simulation
