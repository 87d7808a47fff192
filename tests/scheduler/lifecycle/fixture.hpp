// A machine with its time, and what it commanded last.
#pragma once

#include <gtest/gtest.h>

#include "scheduler/lifecycle/machine.hpp"
#include "scheduler/lifecycle/request.hpp"
#include "tests/scheduler/lifecycle/rules.hpp"

namespace trainyard::lifecycle {

inline const std::string pool = "111111111111/us-east-1";

class Machine : public ::testing::Test {
protected:
    job_id accept(const std::string& envelope = R"(,"max_attempts":3)", const std::string& id = "m-1") {
        const auto job = m.handle_message(test_message(test_body(envelope), id), "handle-1", rules, now);
        EXPECT_TRUE(job);
        step();
        return job.value_or(0);
    }
    job_id start(job_id id) {
        m.handle_start(id, pool, now);
        step();
        return id;
    }
    job_id run(job_id id) {
        start(id);
        m.handle_create(id, attempt(id), create_outcome::accepted, "", now);
        step();
        return id;
    }
    void step() {
        out = m.take();
        m.check_invariants();
        for (const record& r : out.records) journal.push_back(r);
    }
    void pass(duration d) {
        now += d;
        m.handle_time(now);
        step();
    }
    int attempt(job_id id) const { return m.find(id)->attempt; }
    state state_of(job_id id) const { return m.find(id)->state; }
    std::map<std::string, std::string> tags(job_id id) const {
        return owner_tags("prod", m.find(id)->facts, attempt(id));
    }
    template <class Effect>
    std::size_t effects() const {
        std::size_t n = 0;
        for (const auto& e : out.effects) n += std::holds_alternative<Effect>(e) ? 1 : 0;
        return n;
    }
    template <class Command>
    std::size_t commands() const {
        std::size_t n = 0;
        for (const auto& c : out.quota) n += std::holds_alternative<Command>(c) ? 1 : 0;
        return n;
    }
    // Vectors of records are the ledger; folding them gives the jobs back.
    std::vector<job> fold() const {
        std::map<job_id, job> jobs;
        for (const record& r : journal) {
            if (r.id == 0) continue;  // a mark
            apply(r, jobs[r.id]);
        }
        std::vector<job> out_jobs;
        for (auto& [id, j] : jobs) out_jobs.push_back(j);
        return out_jobs;
    }

    queue_rules rules = test_rules();
    timing times;
    machine m{"prod", times, 7};
    wall_time now = from_unix_seconds(1'735'689'600);
    batch out;
    std::vector<record> journal;
};

}  // namespace trainyard::lifecycle
