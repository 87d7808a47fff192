// Jobs that are in no queue yet: they wait for other jobs to end, or for the rest of their gang.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "scheduler/policy/job.hpp"
#include "scheduler/policy/names.hpp"
#include "scheduler/policy/shape.hpp"

namespace trainyard::policy {

struct held_job {
    pending_job job;
    std::size_t open = 0;    // dependencies that have not ended
    bool succeeded = false;  // one of them has
    index gang = no_index;
    bool ready() const { return open == 0 || (job.when == depends::any && succeeded); }
};

struct gang {
    std::string name;
    std::size_t size = 0;
    std::vector<std::uint64_t> ready;  // by submission, then id
    std::size_t gone = 0;              // started or ended
    index shape = no_index;            // queued under its first member; none: not complete
    waiting_job queued;
    std::size_t members = 0;  // held or started
};

class held_jobs {
public:
    // Of the dependencies, `known` are those that have not ended.
    void add(pending_job j, const std::vector<std::uint64_t>& known);
    bool contains(std::uint64_t id) const { return jobs_.contains(id); }
    const held_job* find(std::uint64_t id) const;
    std::size_t size() const { return jobs_.size(); }
    const std::map<std::uint64_t, held_job>& all() const { return jobs_; }

    // Jobs that this end has made ready, and those that can no longer become so.
    struct news {
        std::vector<std::uint64_t> ready, unsatisfiable;
    };
    news ended(std::uint64_t id, outcome how);
    pending_job take(std::uint64_t id);

    // Of jobs that are ready but belong to a gang.
    index gang_index(const std::string& name, std::size_t size);
    gang& gang_at(index g) { return gangs_[g]; }
    const gang& gang_at(index g) const { return gangs_[g]; }
    index gang_of_started(std::uint64_t id) const;
    void join(std::uint64_t id);   // a held job that is ready
    void leave(std::uint64_t id);  // of a gang that is not queued
    void member_started(std::uint64_t id);
    pending_job member_back(std::uint64_t id);  // requeued; it is no longer counted as started
    void member_ended(std::uint64_t id);

private:
    void forget_if_empty(index g);

    std::map<std::uint64_t, held_job> jobs_;
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> dependents_;  // order-free: looked up only
    std::map<std::string, index> gang_names_;
    std::vector<gang> gangs_;
    std::vector<index> free_gangs_;
    struct started_member {
        index gang;
        pending_job job;
    };
    std::unordered_map<std::uint64_t, started_member> started_;  // order-free: looked up only
};

}  // namespace trainyard::policy
