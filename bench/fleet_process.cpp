#include "bench/fleet_process.hpp"

#include <algorithm>

#include "scheduler/lifecycle/request.hpp"

namespace trainyard::bench {
namespace {

using dispatcher::pool_budgets;
using lifecycle::create_outcome;
using lifecycle::kind;
using lifecycle::look_outcome;

constexpr std::size_t starts_at_once = 2'000;                   // as the driver's
constexpr duration commit_time = std::chrono::milliseconds{5};  // of a batch, to a disk
constexpr duration turn_time = std::chrono::milliseconds{1};    // what happens within it is one turn's
constexpr duration deleting = std::chrono::seconds{10};         // of an endpoint

}  // namespace

fleet_process::fleet_process(const fleet_shape& shape, const config::fleet& fleet, sim::agenda& time,
                             wall_time epoch)
    : shape_(shape),
      time_(time),
      epoch_(epoch),
      dice_(shape.seed),
      core_(fleet, lifecycle::timing{}, shape.seed, now()),
      world_(fleet.pools.size()),
      roles_(shape.accounts, shape.seed, time, epoch) {
    for (const config::pool& p : fleet.pools) {
        pools_.emplace(p.name, places_.size());
        places_.emplace_back(p.account, p.region);
    }
    track();
}

dispatcher::instant fleet_process::now() const {
    return {epoch_ + time_.now(), mono_time{time_.now()}};
}

void fleet_process::receive(std::string id, std::string body) {
    lifecycle::incoming_message in;
    in.queue = "jobs";
    in.message_id = std::move(id);
    in.body = std::move(body);
    in.receive_count = 1;
    core_.machine().handle_message(in, "h", core_.rules(in.queue), now().wall);
    kick();
}

void fleet_process::kick() {
    if (std::exchange(kicked_, true)) return;
    time_.after(turn_time, [this] {
        kicked_ = false;
        turn();
    });
}

void fleet_process::turn() {
    ++turns_;
    lifecycle::batch b = core_.turn(now(), starts_at_once);
    if (!b.empty())
        time_.after(commit_time, [this, shared = std::make_shared<lifecycle::batch>(std::move(b))] {
            committed(std::move(*shared));
        });
    const auto wake = core_.next_wakeup(now());
    if (!wake) return;
    const duration when = time_.now() + std::max(*wake, turn_time);
    if (wake_ && *wake_ <= when && *wake_ > time_.now()) return;
    wake_ = when;
    time_.at(when, [this, when] {
        if (wake_ == when) kick();
    });
}

void fleet_process::note(const lifecycle::record& r) {
    if (!on_seen || r.sagemaker_name.empty()) return;
    const bool serves = r.to == lifecycle::state::running && r.progress.serving;
    if (r.to != lifecycle::state::succeeded && !serves) return;
    const lifecycle::job* j = core_.machine().find(r.id);
    const bool endpoint = j != nullptr && kind_of(j->facts) == kind::endpoint;
    if (endpoint != serves) return;
    const bool by_arn = j != nullptr && kind_of(j->facts) == kind::pipeline;
    if (const auto* seen = world_.find(by_arn ? "arn:execution/" + r.sagemaker_name : r.sagemaker_name))
        on_seen(*seen);
}

void fleet_process::committed(lifecycle::batch b) {
    namespace effect = lifecycle::effect;
    for (const lifecycle::record& r : b.records) note(r);
    for (const lifecycle::effect_t& e : b.effects) {
        if (const auto* c = std::get_if<effect::create>(&e)) create(*c);
        if (const auto* v = std::get_if<effect::verify>(&e)) describe(*v, true);
        if (const auto* d = std::get_if<effect::describe>(&e)) describe(*d, false);
        if (const auto* s = std::get_if<effect::stop>(&e)) stop(*s);
    }
}

void fleet_process::within(const ref& what, budget_of which, std::function<void()> then) {
    if (core_.pay(what.pool, what.kind, which, now())) {
        if (which == &pool_budgets::create) kick();
        return then();
    }
    const mono_time next = (core_.budgets(what.pool, what.kind).*which).next(now().mono);
    time_.at(next - mono_time{},
             [this, what, which, then = std::move(then)]() mutable { within(what, which, std::move(then)); });
}

void fleet_process::call(const ref& what, fleet_call operation, budget_of which, std::function<void()> serve,
                         std::function<void(bool)> then) {
    roles_.with(pool_of(what.pool) / shape_.regions, [=, this] {
        within(what, which, [=, this] {
            time_.after(latency(), [=, this] {
                const bool served = world_.admit(pool_of(what.pool), what.kind, operation, time_.now());
                if (served) serve();
                time_.after(latency(), [=, this] {
                    dispatcher::budget& b = core_.budgets(what.pool, what.kind).*which;
                    served ? b.succeeded() : b.throttled(now().mono);
                    then(served);
                    kick();
                });
            });
        });
    });
}

void fleet_process::create(const ref& what) {
    auto key = std::make_shared<std::string>();
    call(
        what, fleet_call::create, &pool_budgets::create,
        [this, what, key] {
            const bool endpoint = what.kind == kind::endpoint;
            const duration runs = endpoint ? duration{std::chrono::minutes{3}}
                                           : duration{std::chrono::seconds{dice_.between(
                                                 60 * shape_.minutes_min, 60 * shape_.minutes_max)}};
            *key = world_.create(pool_of(what.pool), what.kind, what.name, runs, time_.now());
            const fleet_world::job& j = *world_.find(*key);
            if (on_started) on_started(j);
            tell_of(j, fleet_world::status(j, j.ends), j.ends);
        },
        [this, what, key](bool served) {
            core_.machine().handle_create(what.job, what.attempt,
                                          served ? create_outcome::accepted : create_outcome::refused_for_now,
                                          served ? *key : "ThrottlingException", now().wall);
        });
}

// EventBridge tells of a change within two seconds.
void fleet_process::tell_of(const fleet_world::job& j, std::string_view status, duration when) {
    if (!shape_.events) return;
    lifecycle::job_event e;
    e.account = places_[j.pool].first;
    e.region = places_[j.pool].second;
    e.kind = j.kind;
    e.name = j.kind == kind::pipeline ? "arn:execution/" + j.name : j.name;
    e.status = status;
    time_.at(when + std::chrono::milliseconds{dice_.between(100, 2'000)}, [this, e = std::move(e)] {
        core_.handle_event(e, now());
        kick();
        track();
    });
}

void fleet_process::describe(const ref& what, bool verify) {
    struct seen {
        bool there = false;
        lifecycle::sighting sight;
    };
    auto found = std::make_shared<seen>();
    call(
        what, fleet_call::describe, &pool_budgets::describe,
        [this, what, found] {
            const auto* j = world_.find(what.kind == kind::pipeline ? what.arn : what.name);
            const std::string_view status = j == nullptr ? "" : fleet_world::status(*j, time_.now());
            found->there = !status.empty();
            found->sight.status = status;
        },
        [this, what, found, verify](bool served) {
            const look_outcome o = !served        ? look_outcome::failed
                                   : found->there ? look_outcome::found
                                                  : look_outcome::not_found;
            const lifecycle::job* j = core_.machine().find(what.job);
            if (!verify)
                core_.machine().handle_describe(what.job, what.attempt, o, found->sight, now().wall);
            else  // a listing was faster than the answer of the Create; there are no strangers
                core_.machine().handle_verify(
                    what.job, what.attempt, o, found->sight,
                    lifecycle::owner_tags(fleet_installation, j->facts, what.attempt), now().wall);
        });
}

void fleet_process::stop(const ref& what) {
    call(
        what, fleet_call::stop, &pool_budgets::stop,
        [this, what] { world_.remove(what.name, time_.now() + deleting); },
        [this, what](bool served) {
            core_.machine().handle_stop(what.job, what.attempt, served, now().wall);
        });
}

void fleet_process::track() {
    for (const lifecycle::page_request& p : core_.pages_due(now())) list(p);
    const mono_time tick = now().mono + std::chrono::seconds{shape_.reconcile_seconds} / 2;
    const mono_time next = std::min(tick, core_.next_page().value_or(tick));
    const duration when = std::max(next - mono_time{}, time_.now() + turn_time);
    if (page_wake_ && *page_wake_ <= when && *page_wake_ > time_.now()) return;
    page_wake_ = when;
    time_.at(when, [this, when] {
        if (page_wake_ == when) track();
    });
}

void fleet_process::list(const lifecycle::page_request& what) {
    ref where;
    where.pool = what.where.pool;
    where.kind = what.where.kind;
    struct told {
        std::string name;
        lifecycle::sighting seen;
    };
    auto answer = std::make_shared<lifecycle::page_answer>();
    auto all = std::make_shared<std::vector<told>>();
    call(
        where, fleet_call::list, &pool_budgets::list,
        [this, what, answer, all] {
            const auto since = [this](std::optional<wall_time> t) {
                return t ? std::optional{*t - epoch_} : std::nullopt;
            };
            const auto page =
                world_.list(pool_of(what.where.pool), what.where.kind, since(what.changed_after),
                            since(what.created_after), what.next_token, time_.now());
            for (const fleet_world::job* j : page.jobs)
                all->push_back({j->name,
                                {std::string{fleet_world::status(*j, time_.now())}, "", "",
                                 j->kind == kind::pipeline ? "arn:execution/" + j->name : ""}});
            answer->next_token = page.next_token;
            if (page.newest) answer->newest = epoch_ + *page.newest;
        },
        [this, what, answer, all](bool served) {
            answer->ok = served;
            if (served)
                for (const told& t : *all)
                    core_.machine().handle_listed(what.where, t.name, t.seen, now().wall);
            core_.handle_page(what, *answer, now());
            track();
        });
}

}  // namespace trainyard::bench
