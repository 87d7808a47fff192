#include "tests/simulation/wire.hpp"

namespace trainyard::simulation {
namespace {

const answer no_answer{0, {}, "no answer came", {}, true};
const answer not_sent{0, {}, "nothing was sent", {}, false};

}  // namespace

wire::wire(const plan& p, agenda& time)
    : time_(time), dice_(rng{p.seed}.split("wire")), faults_(p.faults), clogged_(p.pools.size() + 1) {}

duration wire::latency() {
    const std::int64_t slow = dice_.chance(0.02) ? dice_.between(0, 5'000) : 0;
    return std::chrono::milliseconds{dice_.between(1, 40) + slow};
}

void wire::call(const address& where, execution execute, answered done) {
    const duration now = time_.now();
    const bool clogged = now < clogged_[where.link];
    // One throw for each fault, whatever comes of the others: a fault less does not change the rest.
    const bool unreachable = dice_.chance(faults_.unreachable);
    const bool lost = dice_.chance(faults_.request_lost) || clogged;
    const bool late = dice_.chance(faults_.request_late);
    const bool throttled = dice_.chance(faults_.throttled) || now < storm_until_;
    const bool fails_before = dice_.chance(faults_.error_before);
    const bool fails_after = dice_.chance(faults_.error_after);
    bool mute = dice_.chance(faults_.answer_lost);
    if (dice_.chance(faults_.create_lost_answer)) mute = mute || where.creates;
    const duration there = late ? std::chrono::seconds{dice_.between(31, 900)} : latency();
    const duration back = latency();
    if (unreachable) return time_.after(latency(), [done = std::move(done)] { done(not_sent); });

    struct state {
        bool settled = false;
        answered done;
        void settle(answer a) {
            if (settled) return;
            settled = true;
            std::exchange(done, {})(std::move(a));
        }
    };
    auto open = std::make_shared<state>();
    open->done = std::move(done);
    time_.after(where.timeout, [open] { open->settle(no_answer); });
    if (where.creates && (lost || late || mute || fails_after)) ++lost_creates_;
    if (lost) return;
    if (throttled || fails_before) {
        answer a = throttled ? answer{400, "ThrottlingException", "Rate exceeded", {}, true}
                             : answer{500, "InternalFailure", "before", {}, true};
        return time_.after(there + back, [open, a = std::move(a)]() mutable { open->settle(std::move(a)); });
    }
    const std::size_t link = where.link;
    time_.after(there, [this, open, link, back, mute, fails_after, execute = std::move(execute)] {
        execute([this, open, link, back, mute, fails_after](answer a) {
            if (mute || time_.now() < clogged_[link]) return;
            if (fails_after) a = {500, "InternalFailure", "after", {}, true};
            time_.after(back, [open, a = std::move(a)]() mutable { open->settle(std::move(a)); });
        });
    });
}

void wire::clog(std::size_t link, duration until) {
    clogged_[link] = std::max(clogged_[link], until);
}

void wire::heal() {
    faults_ = {};
    storm_until_ = {};
    for (duration& c : clogged_) c = {};
}

}  // namespace trainyard::simulation
