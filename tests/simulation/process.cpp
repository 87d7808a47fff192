#include "tests/simulation/process.hpp"

namespace trainyard::simulation {
namespace {

constexpr std::size_t starts_at_once = 2'000;  // as the driver's

}  // namespace

process::process(surroundings& s, std::uint64_t seed, std::function<void()> exits)
    : around_(s),
      exits_(std::move(exits)),
      alive_(std::make_shared<bool>(true)),
      core_(s.fleet, lifecycle::timing{}, seed, {s.world.wall() + s.skew, mono_time{s.time.now()}}) {
    core_.restore(s.ledger.load(), now());
    for (const pool_plan& p : s.what.pools) {
        tracking_[p.name].full_due = now().mono;
        track(p.name);
    }
    poll(true);
    kick();
}

process::~process() {
    *alive_ = false;
}

dispatcher::instant process::now() const {
    return {around_.world.wall() + around_.skew, mono_time{around_.time.now()}};
}

process::action process::mine(action a) {
    return [this, alive = alive_, a = std::move(a)]() mutable {
        if (!*alive || failed_) return;
        if (around_.time.now() < around_.paused_until)
            return around_.time.at(around_.paused_until, mine(std::move(a)));
        a();
    };
}

void process::later(duration wait, action a) {
    around_.time.after(wait, mine(std::move(a)));
}

void process::kick() {
    if (std::exchange(kicked_, true)) return;
    later(duration{0}, [this] {
        kicked_ = false;
        turn();
    });
}

void process::turn() {
    lifecycle::batch b = core_.turn(now(), starts_at_once);
    if (!b.empty()) commit(std::move(b));
    const auto wake = core_.next_wakeup(now());
    if (!wake) return;
    const duration when = around_.time.now() + std::max(*wake, duration{std::chrono::microseconds{1}});
    if (wake_ && *wake_ <= when && *wake_ > around_.time.now()) return;
    wake_ = when;
    around_.time.at(when, mine([this] { kick(); }));
}

void process::commit(lifecycle::batch b) {
    uncommitted_ += b.records.size();
    const std::size_t records = b.records.size();
    auto effects = std::make_shared<std::vector<lifecycle::effect_t>>(std::move(b.effects));
    around_.ledger.submit(std::move(b.records), [this, alive = alive_, records, effects](bool ok) {
        if (!*alive) return;
        mine([this, records, effects, ok] {
            uncommitted_ -= records;
            // Fail-stop: nobody knows what is on the disk, so no effect may follow.
            if (!ok) return fail();
            perform(std::move(*effects));
            kick();
        })();
    });
}

void process::perform(std::vector<lifecycle::effect_t> effects) {
    namespace effect = lifecycle::effect;
    for (const auto& e : effects) {
        if (const auto* d = std::get_if<effect::delete_message>(&e)) acknowledge(*d);
        if (const auto* c = std::get_if<effect::create>(&e)) create(*c);
        if (const auto* v = std::get_if<effect::verify>(&e)) verify(*v);
        if (const auto* s = std::get_if<effect::describe>(&e)) describe(*s);
        if (const auto* t = std::get_if<effect::stop>(&e)) stop(*t);
    }
}

void process::fail() {
    failed_ = true;
    exits_();
}

void process::cancel(lifecycle::job_id id) {
    mine([this, id] {
        core_.machine().handle_cancel(id, now().wall);
        kick();
    })();
}

}  // namespace trainyard::simulation
