// The ledger as its contract has it: batches become durable in their order and as a whole, a crash in the
// middle of a write leaves a prefix, and after a failed write nothing more is written until the process is
// gone. The ledger itself is held to that contract by tests/scheduler/ledger.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "scheduler/lifecycle/machine.hpp"
#include "scheduler/sim/agenda.hpp"
#include "tests/simulation/cloud.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/simulation/trace.hpp"
#include "tests/simulation/verdict.hpp"

namespace trainyard::simulation {

class disk {
public:
    using answered = std::function<void(bool ok)>;

    disk(const plan& p, agenda& time, trace& told, verdict& judge, const cloud& world);

    void submit(std::vector<lifecycle::record> records, answered done);
    void fail_next() { fails_ = true; }
    void heal() { healed_ = true; }  // no write fails or dawdles any more
    // The process is gone. What it has given to be written is there up to some batch.
    void crash();

    // As ledger::reading_slot: what is being read is known to the next life.
    void begin_reading(std::string key) { reading_ = std::move(key); }
    void end_reading() { reading_.clear(); }
    void count_crash();

    std::vector<lifecycle::job> load() const;
    const std::map<std::string, int>& marks() const { return marks_; }
    const lifecycle::job* find(lifecycle::job_id id) const;
    const std::string& body(lifecycle::job_id id) const { return bodies_.at(id); }
    bool knows(const std::string& dedup_key) const { return keys_.contains(dedup_key); }
    const std::map<lifecycle::job_id, lifecycle::job>& jobs() const { return jobs_; }

private:
    struct batch {
        std::vector<lifecycle::record> records;
        answered done;
    };
    void write();
    void written(std::size_t batches, std::uint64_t life);
    void apply(const lifecycle::record& r);

    const plan& plan_;
    agenda& time_;
    trace& trace_;
    verdict& verdict_;
    const cloud& cloud_;
    rng dice_;
    std::deque<batch> waiting_;
    std::size_t writing_ = 0;  // of the front
    bool fails_ = false, broken_ = false, healed_ = false;
    std::uint64_t life_ = 0;  // of the process that writes
    std::map<lifecycle::job_id, lifecycle::job> jobs_;
    std::map<lifecycle::job_id, std::string> bodies_;
    std::set<std::string> keys_;
    std::map<std::string, int> marks_;
    std::string reading_;
};

}  // namespace trainyard::simulation
