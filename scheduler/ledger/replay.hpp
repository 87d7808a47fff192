// The journal played again, and every promise that it can break checked on the way. Pure; the invariants
// carry the numbers under which the simulation checks them too.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "scheduler/lifecycle/job.hpp"

namespace trainyard::ledger {

// What a violation means for the work, in the words of Jepsen's queue checkers.
enum class damage {
    none,        // the ledger contradicts itself
    lost,        // an accepted job, or a step of it, is gone
    phantom,     // something happened that nothing asked for
    duplicated,  // done twice, or two jobs of one message
};
std::string_view to_string(damage d);

struct violation {
    std::string invariant;  // "S2 one terminal"
    damage kind = damage::none;
    lifecycle::job_id job = 0;
    std::string what;
};

struct verdict {
    std::uint64_t jobs = 0, steps = 0, starts = 0;
    // Starts of unknown outcome that were found to have happened: an adoption after a restore, or what
    // comparing with SageMaker finds.
    std::uint64_t recovered = 0;
    std::map<std::string, std::uint64_t> jobs_by_state;
    std::map<std::string, std::uint64_t> by_invariant;  // violations; all that can be broken stand here
    std::map<damage, std::uint64_t> by_damage;
    std::vector<violation> violations;  // the first of them
    std::uint64_t violations_total = 0;

    void add(violation v, std::size_t keep);
};

// Memory: an entry of 48 bytes a job in a hash table, and 16 for its deduplication key, however long its
// history.
class replay {
public:
    explicit replay(std::size_t keep_violations);

    // In the order of `seq`.
    void step(std::int64_t seq, std::int64_t prev, const lifecycle::record& r);
    // Once all steps are through, in any order: what the ledger holds now, the step it shows, and up to which
    // step every row must be current.
    void job(const lifecycle::job& j, std::int64_t last, std::int64_t applied);
    void body(lifecycle::job_id id);
    std::int64_t last_step(lifecycle::job_id id) const;  // 0: none
    verdict finish();

private:
    struct track {
        std::int64_t last = 0;
        std::uint64_t name = 0, pool = 0;  // hashes, of the attempt under way
        int attempt = 0, attempts = 0;     // now, and the most there were
        lifecycle::state state = lifecycle::state::pending;
        bool listed = false, has_body = false;
    };
    void move(track& t, std::int64_t seq, const lifecycle::record& r);
    void begin_attempt(track& t, std::int64_t seq, const lifecycle::record& r);
    void broken(const char* invariant, damage kind, lifecycle::job_id id, std::string what);

    std::size_t keep_;
    verdict out_;
    boost::unordered_flat_map<lifecycle::job_id, track> tracks_;
    std::vector<std::pair<std::uint64_t, lifecycle::job_id>> keys_;  // hash of the deduplication key
};

}  // namespace trainyard::ledger
