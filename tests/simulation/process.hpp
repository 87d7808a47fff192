// One life of `trainyard run`: the dispatcher's pure core, obeyed as its driver obeys it, with the wire, the
// disk and virtual time in the place of sockets, SQLite and the clock. It decides nothing.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/dispatcher/core.hpp"
#include "scheduler/sim/agenda.hpp"
#include "tests/simulation/cloud.hpp"
#include "tests/simulation/disk.hpp"
#include "tests/simulation/rate_check.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/verdict.hpp"
#include "tests/simulation/wire.hpp"

namespace trainyard::simulation {

// What outlives a process. All of it outlives them.
struct surroundings {
    const plan& what;
    const config::fleet& fleet;
    agenda& time;
    trace& told;
    verdict& judge;
    cloud& world;
    wire& network;
    disk& ledger;
    duration skew{};          // of the machine's wall clock
    duration paused_until{};  // nothing of the process runs before
    double stranger = 0;      // as fault_plan has it, until the faults end
    rng dice;                 // of strangers
};

// The clock of the machine that it runs on.
class machines_clock final : public clock {
public:
    explicit machines_clock(const surroundings& s) : around_(s) {}
    mono_time mono() const override;
    wall_time wall() const override;

private:
    const surroundings& around_;
};

class process {
public:
    // `exits` is called once when the process has to stop by itself; it is then destroyed soon.
    process(surroundings& s, std::uint64_t seed, std::function<void()> exits);
    ~process();
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    dispatcher::core& core() { return core_; }
    void cancel(lifecycle::job_id id);
    void hear(const lifecycle::job_event& e);

private:
    using action = std::function<void()>;

    dispatcher::instant now() const;
    // `a` runs only in this life, and not while the process is paused.
    action mine(action a);
    void later(duration wait, action a);

    // process.cpp: the turn and the commit
    void kick();
    void turn();
    void commit(lifecycle::batch b);
    void perform(std::vector<lifecycle::effect_t> effects);
    void fail();
    void die();  // what it reads ends the program

    // process_queue.cpp
    void poll(bool steady);
    void received(std::vector<message_copy> messages, bool steady);
    void acknowledge(const lifecycle::effect::delete_message& what);
    void flush();

    void tell(lifecycle::job_id job);
    bool poisoned(lifecycle::job_id id);

    // process_calls.cpp
    using told = std::function<void(const answer&)>;
    using budget_of = dispatcher::budget dispatcher::pool_budgets::*;
    using ref = lifecycle::effect::attempt_ref;
    std::size_t link_of(const std::string& pool) const;
    void call(const ref& what, std::string_view operation, std::string input, told then);
    void within(const ref& what, budget_of which, action then);
    void learn(const ref& what, budget_of which, const answer& a);
    void create(const ref& what);
    void verify(const ref& what);
    void verified(const ref& what, lifecycle::look_outcome outcome, const lifecycle::sighting& seen,
                  const std::map<std::string, std::string>& tags);
    void describe(const ref& what);
    void stop(const ref& what);

    // process_lists.cpp
    void track();
    void list(const lifecycle::page_request& what);
    void find_execution(const ref& what, wall_time after, std::string token);

    surroundings& around_;
    std::function<void()> exits_;
    std::shared_ptr<bool> alive_;
    machines_clock stepped_;
    even_clock even_;
    dispatcher::core core_;
    rate_check rates_;
    bool failed_ = false, kicked_ = false;
    std::optional<duration> wake_;
    int spins_ = 0;
    std::size_t uncommitted_ = 0;  // records
    std::size_t polls_ = 0;
    std::vector<lifecycle::effect::delete_message> deletes_;
    std::optional<duration> page_wake_;
};

}  // namespace trainyard::simulation
