#include "scheduler/sim/simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <queue>
#include <set>

#include "engine/base/check.hpp"
#include "engine/base/rng.hpp"
#include "scheduler/sim/api_budget.hpp"
#include "scheduler/sim/hash.hpp"
#include "scheduler/sim/shapes.hpp"

namespace trainyard::sim {
namespace {

// Between two events; more means that jobs preempt each other for ever.
constexpr int passes_max = 1000;
// Wake-ups of the scheduler in a row that change nothing while nothing else is due: the jobs left can never
// start.
constexpr int idle_wakeups_max = 10'000;

wall_time at(duration d) {
    return wall_time{d};
}

struct end_event {
    duration when{};
    index job = 0;
    int attempt = 0;
    stop how = stop::finished;
    // The earliest first; ends of one instant by job.
    bool operator<(const end_event& o) const { return when != o.when ? when > o.when : job > o.job; }
};

struct progress {
    duration done{};  // work that a checkpoint has saved
    bool running = false;
    bool stopping = false;  // preempted; its room is not free yet
};

}  // namespace

std::uint64_t record::digest() const {
    hasher h;
    for (const outcome& o : outcomes) {
        h.number(static_cast<int>(o.fate)).number(o.pool).number(o.attempts).number(o.preemptions);
        h.number(o.start.count()).number(o.end.count());
    }
    for (const attempt& a : attempts)
        h.number(a.job)
            .number(a.pool)
            .number(a.start.count())
            .number(a.end.count())
            .number(static_cast<int>(a.how));
    return h.value();
}

policy::settings with_tenants(policy::settings s, const workload& w) {
    std::set<std::string> known;
    for (const policy::tenant_config& t : s.tenants) known.insert(t.name);
    for (const std::string& name : w.tenants.all()) {
        if (!known.insert(name).second) continue;
        policy::tenant_config t;
        t.name = name;
        s.tenants.push_back(std::move(t));
    }
    return s;
}

struct simulator::impl {
    impl(const workload& load, policy::settings s, const options& o)
        : w(load),
          opts(o),
          settings(with_tenants(std::move(s), load)),
          scheduler(settings),
          shapes(w, scheduler),
          budget(settings, o.starts_per_second),
          watch(w, settings),
          state(w.jobs.size()) {
        rec.outcomes.resize(w.jobs.size());
        for (index p = 0; p < settings.pools.size(); ++p) pools.emplace(settings.pools[p].name, p);
        if (!w.jobs.empty()) rec.begin = rec.end = clock = w.jobs.front().submit;
    }

    std::optional<duration> next_instant();
    void step(duration when);
    void arrive(index job);
    void pass();
    bool apply(const policy::decision& d);
    void start(index job, index pool);
    void stop_running(const end_event& e);
    void conclude(index job, fate f);
    duration run_time(index job) const;

    const workload& w;
    options opts;
    policy::settings settings;
    policy::scheduler scheduler;
    shape_cache shapes;
    api_budget budget;
    sim::observer watch;
    std::vector<progress> state;
    std::map<std::string, index, std::less<>> pools;
    std::priority_queue<end_event> ends;
    index next_arrival = 0;
    std::size_t concluded = 0;
    int idle_wakeups = 0;
    bool over = false;
    duration clock{};
    sim::record rec;
};

std::optional<duration> simulator::impl::next_instant() {
    // Ends of attempts that were preempted meanwhile are no events.
    while (!ends.empty()) {
        const end_event& e = ends.top();
        const bool current = state[e.job].running && rec.outcomes[e.job].attempts == e.attempt &&
                             state[e.job].stopping == (e.how == stop::preempted);
        if (current) break;
        ends.pop();
    }
    std::optional<duration> next;
    const auto consider = [&](duration d) { next = next ? std::min(*next, d) : d; };
    if (!ends.empty()) consider(ends.top().when);
    if (next_arrival < w.jobs.size()) consider(w.jobs[next_arrival].submit);
    const bool alone = !next;
    if (scheduler.pending() == 0) return next;
    if (const auto refill = budget.next_start(clock)) consider(*refill);
    if (const auto wake = scheduler.next_wakeup())
        consider(std::max(wake->time_since_epoch(), clock + duration{1}));
    idle_wakeups = alone ? idle_wakeups + 1 : 0;
    if (idle_wakeups > idle_wakeups_max) return std::nullopt;
    return next;
}

void simulator::impl::step(duration when) {
    clock = when;
    watch.at(clock);
    scheduler.advance(at(clock));
    while (!ends.empty() && ends.top().when == clock) {
        const end_event e = ends.top();
        ends.pop();
        if (!state[e.job].running || rec.outcomes[e.job].attempts != e.attempt ||
            state[e.job].stopping != (e.how == stop::preempted))
            continue;
        stop_running(e);
        ++rec.events;
    }
    while (next_arrival < w.jobs.size() && w.jobs[next_arrival].submit == clock) {
        arrive(next_arrival++);
        ++rec.events;
    }
    pass();
}

void simulator::impl::arrive(index job) {
    const sim::job& j = w.jobs[job];
    watch.submitted(j);
    const duration expected = opts.exact_estimates || j.requested == duration::zero() ? j.run : j.requested;
    // 0 would mean "not known" to the scheduler.
    const duration runtime = std::max(expected, duration{1});
    if (const std::string* why = shapes.impossible(job)) {
        if (rec.first_impossible.empty()) rec.first_impossible = fmt::format("job {}: {}", j.name, *why);
        watch.dropped(j);
        conclude(job, fate::impossible);
        return;
    }
    // The scheduler has forgotten jobs that have ended, and takes those that it does not know for succeeded.
    const auto hopeless = [&](index d) {
        const fate f = rec.outcomes[d].fate;
        return f != fate::finished && f != fate::waiting;
    };
    if (std::ranges::any_of(j.depends_on, hopeless)) {
        watch.dropped(j);
        conclude(job, fate::unsatisfiable);
        return;
    }
    if (j.depends_on.empty())
        scheduler.add(job + std::uint64_t{1}, shapes.of(job), at(j.submit), runtime);
    else
        scheduler.add(shapes.pending(job, runtime));
}

void simulator::impl::pass() {
    for (int n = 0; n < passes_max; ++n) {
        budget.offer(scheduler, clock);
        const policy::decision d = scheduler.decide(at(clock), w.jobs.size());
        ++rec.passes;
        ++rec.events;
        if (!apply(d)) return;
        idle_wakeups = 0;
    }
    TY_CHECK(false, "the scheduler never comes to rest at one instant");
}

// True when the scheduler could decide more at this instant.
bool simulator::impl::apply(const policy::decision& d) {
    for (const policy::start& s : d.starts) {
        const auto pool = pools.find(s.pool);
        TY_CHECK(pool != pools.end(), "a start in a pool that is not configured");
        start(static_cast<index>(s.job - 1), pool->second);
    }
    for (const policy::preemption& p : d.preemptions) {
        const auto job = static_cast<index>(p.victim - 1);
        TY_CHECK(state[job].running && !state[job].stopping, "only a running job is preempted, and once");
        state[job].stopping = true;
        const end_event e{clock + opts.stop_time, job, rec.outcomes[job].attempts, stop::preempted};
        if (opts.stop_time > duration::zero())
            ends.push(e);
        else
            stop_running(e);
    }
    for (const std::uint64_t id : d.unsatisfiable) {
        const auto job = static_cast<index>(id - 1);
        watch.dropped(w.jobs[job]);
        conclude(job, fate::unsatisfiable);
    }
    return !d.starts.empty() || !d.preemptions.empty() || !d.unsatisfiable.empty();
}

void simulator::impl::start(index job, index pool) {
    outcome& o = rec.outcomes[job];
    progress& p = state[job];
    TY_CHECK(!p.running, "a job that runs is started again");
    p.running = true;
    p.stopping = false;
    o.pool = pool;
    o.start = clock;
    ++o.attempts;
    budget.took(pool);
    watch.started(w.jobs[job], pool, clock);
    end_event e{clock + w.jobs[job].run - p.done, job, o.attempts, stop::finished};
    if (opts.failures_per_hour > 0) {
        rng r{opts.seed, (std::uint64_t{job} << 16U) + static_cast<std::uint64_t>(o.attempts & 0xFFFF)};
        const double hours = -std::log1p(-r.unit()) / opts.failures_per_hour;
        const double left = to_seconds(e.when - clock);
        if (hours * 3600 < left) {
            e.when = clock + from_seconds(hours * 3600);
            e.how = stop::failed;
        }
    }
    ends.push(e);
}

void simulator::impl::stop_running(const end_event& e) {
    const job& j = w.jobs[e.job];
    outcome& o = rec.outcomes[e.job];
    progress& p = state[e.job];
    p.running = p.stopping = false;
    o.end = clock;
    rec.end = std::max(rec.end, clock);
    rec.attempts.push_back({e.job, o.pool, o.start, clock, e.how});
    const std::uint64_t id = e.job + std::uint64_t{1};
    // Preemption uses up no attempt.
    const bool again =
        e.how == stop::preempted || (e.how == stop::failed && o.attempts - o.preemptions < j.max_attempts);
    watch.stopped(j, o.pool, clock, again);
    if (e.how == stop::finished) {
        scheduler.release(id);
        conclude(e.job, fate::finished);
        return;
    }
    if (e.how == stop::preempted) ++o.preemptions;
    const duration ran = clock - o.start;
    const duration saved = again && opts.checkpoint > duration::zero()
                               ? ran / opts.checkpoint * opts.checkpoint
                               : duration::zero();
    o.lost_unit_seconds += to_seconds(ran - saved) * static_cast<double>(j.units());
    p.done += saved;
    if (again) {
        scheduler.requeue(id);
        return;
    }
    // What earlier attempts had saved is lost with the last one.
    o.lost_unit_seconds += to_seconds(p.done) * static_cast<double>(j.units());
    scheduler.release(id, policy::outcome::failed);
    conclude(e.job, fate::failed);
}

void simulator::impl::conclude(index job, fate f) {
    rec.outcomes[job].fate = f;
    ++concluded;
}

simulator::simulator(const workload& w, policy::settings s, const options& o)
    : impl_(std::make_unique<impl>(w, std::move(s), o)) {}
simulator::~simulator() = default;
simulator::simulator(simulator&&) noexcept = default;

bool simulator::advance(std::size_t events) {
    impl& x = *impl_;
    const std::uint64_t until = x.rec.events + events;
    while (!x.over && x.rec.events < until) {
        if (const auto next = x.next_instant()) {
            x.step(*next);
        } else {
            x.over = true;
            x.watch.finish(x.rec.end);
        }
    }
    return !x.over;
}

std::size_t simulator::ended() const {
    return impl_->concluded;
}
duration simulator::now() const {
    return impl_->clock;
}
const record& simulator::record() const {
    TY_CHECK(impl_->over, "the record is complete once advance() has returned false");
    return impl_->rec;
}
const observer& simulator::observer() const {
    return impl_->watch;
}

}  // namespace trainyard::sim
