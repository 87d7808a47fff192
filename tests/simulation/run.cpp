#include "tests/simulation/run.hpp"

#include <algorithm>
#include <memory>
#include <set>

#include "tests/simulation/process.hpp"
#include "tests/simulation/work.hpp"

namespace trainyard::simulation {
namespace {

using lifecycle::state;

config::fleet fleet_of(const plan& p) {
    auto parsed = config::parse_fleet(p.fleet_yaml(), "fleet.yaml", "/", {});
    TY_CHECK(parsed.has_value(), "the plan's fleet is right");
    return *parsed;
}

class play {
public:
    play(const plan& p, trace::reader reader)
        : plan_(p),
          fleet_(fleet_of(p)),
          trace_(std::move(reader)),
          dice_(rng{p.seed}.split("play")),
          cloud_(p, time_, trace_, verdict_),
          wire_(p, time_),
          disk_(p, time_, trace_, verdict_, cloud_),
          around_{p,     fleet_, time_, trace_, verdict_,          cloud_,
                  wire_, disk_,  {},    {},     p.faults.stranger, rng{p.seed}.split("strangers")} {}

    outcome perform();

private:
    void begin();
    void end_process(duration back_after, const char* why);
    void arrivals();
    // `what` happens `per_hour` times an hour on average, until the faults end.
    void recurring(double per_hour, std::string_view name, std::function<void(rng&)> what);
    void schedule(double per_hour, rng r, std::function<void(rng&)> what);
    void faults();
    void heal();
    bool settled();
    void judge();
    void judge_job(const lifecycle::job& j);
    void judge_turn(const cloud::started& s);

    const plan& plan_;
    config::fleet fleet_;
    agenda time_;
    trace trace_;
    verdict verdict_;
    rng dice_;
    cloud cloud_;
    wire wire_;
    disk disk_;
    surroundings around_;
    std::unique_ptr<process> process_;
    bool healed_ = false;
    std::size_t crashes_ = 0;
    std::uint64_t lives_ = 0;
};

void play::begin() {
    if (process_) return;
    ++lives_;
    trace_.add(time_.now(), "life {} begins", lives_);
    process_ = std::make_unique<process>(around_, rng{plan_.seed, lives_}.next_u64(), [this] {
        // Not from within its own call.
        time_.after(duration{0}, [this, life = lives_] {
            if (life == lives_) end_process(std::chrono::seconds{1}, "it stops by itself");
        });
    });
}

void play::end_process(duration back_after, const char* why) {
    if (!process_) return;
    trace_.add(time_.now(), "life {} ends: {}", lives_, why);
    process_.reset();
    disk_.crash();
    ++crashes_;
    time_.after(back_after, [this] { begin(); });
}

// Some come one by one, some in bursts.
void play::arrivals() {
    rng r = rng{plan_.seed}.split("arrivals");
    const auto length = static_cast<std::uint64_t>(plan_.length.count());
    for (std::size_t i = 0; i < plan_.messages;) {
        const duration when{static_cast<std::int64_t>(r.below(length * 3 / 4))};
        const std::size_t burst = r.chance(0.2) ? 1 + r.below(30) : 1;
        for (std::size_t k = 0; k < burst && i < plan_.messages; ++k, ++i)
            time_.at(when, [this, i, body = make_message(plan_, r)] { cloud_.send(i, body); });
    }
}

void play::schedule(double per_hour, rng r, std::function<void(rng&)> what) {
    // Evenly between nothing and twice the mean.
    const double hours = 2 * r.unit() / per_hour;
    const duration wait{static_cast<std::int64_t>(hours * 3.6e12)};
    time_.after(wait, [this, per_hour, r, what = std::move(what)]() mutable {
        if (healed_) return;
        what(r);
        schedule(per_hour, r, std::move(what));
    });
}

void play::recurring(double per_hour, std::string_view name, std::function<void(rng&)> what) {
    if (per_hour > 0) schedule(per_hour, rng{plan_.seed}.split(name), std::move(what));
}

void play::faults() {
    const fault_plan& f = plan_.faults;
    using std::chrono::seconds;
    recurring(f.crashes, "crashes", [this](rng& r) {
        end_process(
            std::chrono::milliseconds{r.chance(0.8) ? r.between(100, 5'000) : r.between(60'000, 1'800'000)},
            "kill -9");
    });
    recurring(f.pauses, "pauses", [this](rng& r) {
        around_.paused_until = time_.now() + seconds{r.chance(0.8) ? r.between(1, 30) : r.between(60, 900)};
        trace_.add(time_.now(), "the process is paused");
    });
    recurring(f.clock_steps, "clock", [this](rng& r) {
        around_.skew = seconds{r.between(-3'600, 3'600)};
        trace_.add(time_.now(), "the wall clock is {} s off",
                   std::chrono::duration_cast<seconds>(around_.skew).count());
    });
    recurring(f.disk_failures, "disk", [this](rng&) { disk_.fail_next(); });
    recurring(f.clogs, "clogs", [this](rng& r) {
        const std::size_t link = r.below(wire_.links());
        wire_.clog(link, time_.now() + seconds{r.between(10, 1'800)});
        trace_.add(time_.now(), "link {} is clogged", link);
    });
    recurring(f.throttle_storms, "storms", [this](rng& r) {
        wire_.storm(time_.now() + seconds{r.between(10, 600)});
        trace_.add(time_.now(), "everything is throttled");
    });
    recurring(f.erased, "erased", [this](rng& r) {
        // Of jobs that nobody deletes while Trainyard may still ask for them is what is promised.
        cloud_.erase_something(r, [this](const cloud::started& s) {
            const auto id = lifecycle::parse_job_id(s.job);
            const lifecycle::job* known = id ? disk_.find(*id) : nullptr;
            return known != nullptr && known->state != state::starting;
        });
    });
    recurring(plan_.cancelled * 20, "cancels", [this](rng& r) {
        if (!process_ || disk_.jobs().empty()) return;
        auto at = disk_.jobs().begin();
        std::advance(at, static_cast<std::ptrdiff_t>(r.below(disk_.jobs().size())));
        trace_.add(time_.now(), "cancel {}", lifecycle::to_text(at->first));
        process_->cancel(at->first);
    });
}

void play::heal() {
    healed_ = true;
    trace_.add(time_.now(), "the faults end");
    wire_.heal();
    disk_.heal();
    cloud_.heal();
    cloud_.strangers_leave();
    around_.paused_until = {};
    around_.stranger = 0;
    begin();
}

bool play::settled() {
    if (cloud_.messages_left() > 0 || !process_) return false;
    const auto& jobs = process_->core().machine().jobs();
    return process_->core().machine().live() == 0 && process_->core().machine().untold() == 0 &&
           jobs.size() == disk_.jobs().size() &&
           std::all_of(disk_.jobs().begin(), disk_.jobs().end(),
                       [](const auto& entry) { return lifecycle::is_terminal(entry.second.state); });
}

void play::judge_job(const lifecycle::job& j) {
    const duration now = time_.now();
    const std::string id = lifecycle::to_text(j.facts.id);
    std::size_t started = 0;
    std::set<std::string> keys;  // an endpoint that a late Create brought back counts once
    for (const cloud::started& s : cloud_.starts())
        if (s.job == id && keys.insert(s.pool + " " + s.key).second) ++started;
    // The last attempt may have been refused for good, or its name may be a stranger's.
    const auto attempts = static_cast<std::size_t>(j.attempt);
    if (started != attempts && started + 1 != attempts)
        verdict_.accuse(now, "S11", "{} counts {} attempts, SageMaker {}", id, attempts, started);
    if (j.state == state::succeeded && started != attempts)
        verdict_.accuse(now, "S11", "{} has succeeded with {} attempts, SageMaker counts {}", id, attempts,
                        started);
    if (j.state == state::vanished && plan_.faults.erased == 0)
        verdict_.accuse(now, "L1", "{} has vanished, and nobody deletes jobs: {}", id, j.reason);
    if (j.state == state::name_conflict && plan_.faults.stranger == 0)
        verdict_.accuse(now, "S5", "{} met a stranger, and there is none", id);
    if (j.facts.kind == "endpoint" &&
        std::any_of(cloud_.starts().begin(), cloud_.starts().end(),
                    [&](const auto& s) { return s.job == id && cloud_.lives(s); }))
        verdict_.accuse(now, "S4", "{} is {}, and {} serves for ever", id, lifecycle::to_string(j.state),
                        j.sagemaker_name);
    // S9: what is said of the end is what happened.
    const cloud::started* last = cloud_.find(j.pool, j.sagemaker_name);
    if (last == nullptr || started != attempts) return;
    const auto truth = cloud_.status(*last);
    if (!truth || last->kind == lifecycle::kind::endpoint) return;
    if (cloud_.lives(*last) && j.state != state::vanished && j.state != state::name_conflict)
        verdict_.accuse(now, "S4", "{} is {} while {} is {}", id, lifecycle::to_string(j.state),
                        j.sagemaker_name, *truth);
    if (j.reason == "stopped outside Trainyard")
        verdict_.accuse(now, "S9", "{} is {}, and nobody else stops jobs", id, j.reason);
    // Want of capacity uses up no attempt, and a fault of the platform ends a job only with its last one.
    const std::string why = cloud_.failure(*last);
    const bool used_up = j.attempt - j.progress.uncharged >= j.facts.max_attempts;
    if (j.state == state::failed &&
        (why.starts_with("CapacityError") || (why.starts_with("InternalServerError") && !used_up)))
        verdict_.accuse(now, "S11", "{} has failed in attempt {} of {}, {} of them free, by {}", id, attempts,
                        j.facts.max_attempts, j.progress.uncharged, why);
    if (j.state == state::failed && (*truth == "Completed" || *truth == "Succeeded"))
        verdict_.accuse(now, "S9", "{} has failed, and {} is {}", id, j.sagemaker_name, *truth);
}

// S20: what was sent before it in its message group was started before it, or has ended.
void play::judge_turn(const cloud::started& s) {
    if (plan_.group_order == "none") return;
    std::map<std::string, const lifecycle::job*> by_message;
    for (const auto& [id, j] : disk_.jobs()) by_message[j.facts.message_id] = &j;
    const auto id = lifecycle::parse_job_id(s.job);
    const lifecycle::job* job = id ? disk_.find(*id) : nullptr;
    if (job == nullptr) return;  // S3 says so
    for (const auto& [group, messages] : cloud_.groups()) {
        const auto own = std::find(messages.begin(), messages.end(), job->facts.message_id);
        if (own == messages.end()) continue;
        for (auto m = messages.begin(); m != own; ++m) {
            const auto found = by_message.find(*m);
            const lifecycle::job* before = found == by_message.end() ? nullptr : found->second;
            bool passed = before != nullptr && lifecycle::is_terminal(before->state);
            for (const cloud::started& other : cloud_.starts())
                passed |= plan_.group_order == "start" && before != nullptr &&
                          other.job == lifecycle::to_text(before->facts.id);
            if (!passed)
                verdict_.accuse(time_.now(), "S20", "{} is started before message {} of {} (order: {})",
                                s.name, *m, group, plan_.group_order);
        }
    }
}

void play::judge() {
    const duration now = time_.now();
    if (!settled()) {
        std::size_t live = 0;
        std::string example;
        for (const auto& [id, j] : disk_.jobs())
            if (!lifecycle::is_terminal(j.state)) {
                ++live;
                example = fmt::format("{} is {} ({})", lifecycle::to_text(id), lifecycle::to_string(j.state),
                                      j.reason);
            }
        verdict_.accuse(now, "L1", "{} messages and {} jobs are left; {}", cloud_.messages_left(), live,
                        example);
        return;
    }
    if (disk_.jobs().size() != cloud_.messages_sent())
        verdict_.accuse(now, "S12", "{} messages have become {} jobs", cloud_.messages_sent(),
                        disk_.jobs().size());
    for (const auto& [id, j] : disk_.jobs()) judge_job(j);
    const dispatcher::core& c = process_->core();
    if (c.policy().reserved() != 0 || c.policy().pending() != 0)
        verdict_.accuse(now, "S6", "{} reservations and {} pending jobs are left", c.policy().reserved(),
                        c.policy().pending());
    for (const auto& [id, j] : c.machine().jobs()) {
        const lifecycle::job* durable = disk_.find(id);
        if (durable == nullptr || durable->state != j.state || durable->attempt != j.attempt)
            verdict_.accuse(now, "S18", "{} is not on the disk as it is in memory", lifecycle::to_text(id));
    }
    // A failed check ends the program, and what was found by then would not be told.
    if (!verdict_.clean()) return;
    c.machine().check_invariants();
    c.policy().check_invariants();
}

outcome play::perform() {
    cloud_.tell([this](const lifecycle::job_event& e) {
        if (process_) process_->hear(e);
    });
    cloud_.observe_starts([this](const cloud::started& s) { judge_turn(s); });
    arrivals();
    faults();
    begin();
    while (time_.step(plan_.length)) {
    }
    heal();
    const duration last = plan_.length + plan_.patience;
    // The queue and the jobs are looked at now and then: settled() is not for nothing.
    for (duration until = plan_.length; !settled() && until < last;) {
        until += std::chrono::minutes{1};
        while (time_.step(until)) {
        }
    }
    judge();
    outcome o;
    o.hash = trace_.hash();
    o.events = time_.steps();
    o.simulated = time_.now();
    o.messages = cloud_.messages_sent();
    o.crashes = crashes_;
    o.creates =
        static_cast<std::uint64_t>(std::count_if(cloud_.starts().begin(), cloud_.starts().end(),
                                                 [](const cloud::started& s) { return !s.job.empty(); }));
    o.lost_creates = wire_.lost_creates();
    o.by_state.resize(static_cast<std::size_t>(state::rejected) + 1);
    for (const auto& [id, j] : disk_.jobs()) ++o.by_state[static_cast<std::size_t>(j.state)];
    o.violations = verdict_.violations();
    return o;
}

}  // namespace

outcome run(const plan& p, trace::reader reader) {
    return play{p, std::move(reader)}.perform();
}

}  // namespace trainyard::simulation
