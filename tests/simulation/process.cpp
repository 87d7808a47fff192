#include "tests/simulation/process.hpp"

#include "tests/simulation/work.hpp"

namespace trainyard::simulation {
namespace {

constexpr std::size_t starts_at_once = 2'000;  // as the driver's
constexpr int spins_max = 100;  // turns in a row that do nothing and ask for another one at once

}  // namespace

mono_time machines_clock::mono() const {
    return mono_time{around_.time.now()};
}

wall_time machines_clock::wall() const {
    return around_.world.wall() + around_.skew;
}

process::process(surroundings& s, std::uint64_t seed, std::function<void()> exits)
    : around_(s),
      exits_(std::move(exits)),
      alive_(std::make_shared<bool>(true)),
      stepped_(s),
      even_(stepped_),
      core_(s.fleet, lifecycle::timing{}, seed, now()) {
    s.ledger.count_crash();
    core_.restore(s.ledger.load(), s.ledger.marks(), now());
    track();
    poll(true);
    kick();
}

process::~process() {
    *alive_ = false;
}

dispatcher::instant process::now() const {
    return {even_.wall(), even_.mono()};
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
    const bool idle = b.empty();
    if (!idle) commit(std::move(b));
    const auto wake = core_.next_wakeup(now());
    spins_ = idle && wake && *wake <= duration{0} ? spins_ + 1 : 0;
    if (!wake) return;
    if (spins_ == spins_max)
        around_.judge.accuse(around_.time.now(), "L0", "{} turns in a row did nothing and asked for another",
                             spins_);
    // Beyond that time has to go on all the same.
    const duration least =
        spins_ < spins_max ? duration{std::chrono::microseconds{1}} : duration{std::chrono::seconds{1}};
    const duration when = around_.time.now() + std::max(*wake, least);
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
        if (const auto* t = std::get_if<effect::tell>(&e)) tell(t->job);
        if (const auto* c = std::get_if<effect::copy_rejected>(&e))
            tell(lifecycle::parse_job_id(c->job).value());
    }
}

// What has been read without being set aside, and ends the program.
bool process::poisoned(lifecycle::job_id id) {
    const lifecycle::job* j = core_.machine().find(id);
    return j != nullptr && j->facts.name.starts_with(poison_mark);
}

void process::hear(const lifecycle::job_event& e) {
    mine([this, e] {
        core_.handle_event(e, now());
        kick();
        track();
    })();
}

void process::die() {
    around_.told.add(around_.time.now(), "a message ends the program");
    fail();
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
