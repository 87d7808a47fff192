#include "tests/simulation/cloud.hpp"

#include <algorithm>

#include "tests/simulation/work.hpp"

namespace trainyard::simulation {
namespace {

namespace local = aws::local;

constexpr std::uint64_t queue_tag = 0x51;

local::sagemaker_options sagemaker_of(const plan& p) {
    local::sagemaker_options out;
    out.seed = p.seed;
    out.list_delay = p.faults.list_delay;
    for (const pool_plan& one : p.pools)
        out.instance_limits[one.account + "/" + one.region + "/" + demanded_resource] = one.hidden;
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

}  // namespace

cloud::cloud(const plan& p, agenda& time, trace& told, verdict& judge)
    : plan_(p),
      time_(time),
      trace_(told),
      verdict_(judge),
      dice_(rng{p.seed}.split("cloud")),
      ids_(rng{p.seed}.split("ids")),
      events_(rng{p.seed}.split("events")),
      faults_(p.faults),
      epoch_(from_unix_seconds(1'767'225'600)),
      queue_(queue_of(p), queue_tag),
      sagemaker_(sagemaker_of(p), journal_) {
    sagemaker_.set_rules(rules_of(p));
    for (std::size_t i = 0; i < p.pools.size(); ++i) prepare(i);
}

void cloud::prepare(std::size_t pool) {
    // Long ago and one after another, so that each is seen by the next.
    before_ = std::chrono::hours{1};
    for (const auto& [operation, input] : preparations(plan_.pools[pool].account)) {
        TY_CHECK(call(pool, operation, input).status == 200, "the account is prepared");
        before_ -= std::chrono::minutes{10};
    }
    before_ = {};
}

void cloud::send(std::size_t number, std::string body) {
    local::queue_message m;
    m.body = std::move(body);
    if (plan_.fifo) {
        m.group_id = fmt::format("group-{}", number % 7);
        m.deduplication_id = fmt::format("message-{}", number);
    }
    const std::string group = m.group_id;
    const auto sent = queue_.send(std::move(m), std::nullopt, wall(), ids_);
    ++sent_;
    if (!group.empty()) groups_[group].push_back(sent.id.str());
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
        out.push_back({d.message->id.str(), d.message->group_id, d.message->deduplication_id, d.message->body,
                       d.handle, static_cast<int>(d.message->receive_count)});
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

}  // namespace trainyard::simulation
