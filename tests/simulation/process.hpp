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
#include "tests/simulation/agenda.hpp"
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

class process {
public:
    // `exits` is called once when the process has to stop by itself; it is then destroyed later.
    process(surroundings& s, std::uint64_t seed, std::function<void()> exits);
    ~process();
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    dispatcher::core& core() { return core_; }
    void cancel(lifecycle::job_id id);

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

    // process_queue.cpp
    void poll(bool steady);
    void received(std::vector<message_copy> messages, bool steady);
    void acknowledge(const lifecycle::effect::delete_message& what);
    void flush();

    // process_calls.cpp
    using told = std::function<void(const answer&)>;
    std::size_t link_of(const std::string& pool) const;
    void call(const std::string& pool, std::string operation, std::string input, told then);
    void within(const std::string& pool, dispatcher::budget dispatcher::pool_budgets::* which,
                std::string_view operation, action then);
    void create(const lifecycle::effect::create& what);
    void verify(const lifecycle::effect::verify& what);
    void describe(const lifecycle::effect::describe& what);
    void stop(const lifecycle::effect::stop& what);
    void track(const std::string& pool);
    void list(const std::string& pool, std::optional<wall_time> after, bool full, wall_time began,
              std::string token);

    struct tracking {
        std::optional<wall_time> last;
        mono_time full_due{};
    };

    surroundings& around_;
    std::function<void()> exits_;
    std::shared_ptr<bool> alive_;
    dispatcher::core core_;
    rate_check rates_;
    bool failed_ = false, kicked_ = false;
    std::optional<duration> wake_;
    std::size_t uncommitted_ = 0;  // records
    std::size_t polls_ = 0;
    std::vector<lifecycle::effect::delete_message> deletes_;
    std::map<std::string, tracking> tracking_;
};

}  // namespace trainyard::simulation
