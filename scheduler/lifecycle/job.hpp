// What is remembered of one job, and the records from which that memory is rebuilt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "scheduler/lifecycle/pause.hpp"

namespace trainyard::lifecycle {

// Time-ordered: milliseconds since 1970 in the upper 44 bits, a counter in the lower 19; positive as an
// int64.
using job_id = std::uint64_t;

// The job id as people see it, and as it stands in SageMaker names: 13 digits of base 36, lower case,
// order-preserving.
std::string to_text(job_id id);
result<job_id> parse_job_id(std::string_view text);

enum class state : unsigned char {
    pending,   // recorded; waits for the scheduler (or for its back-off to end)
    starting,  // intent recorded; Create may or may not have been executed
    running,   // SageMaker has the job
    stopping,  // StopTrainingJob was asked for; quota stays reserved until the end is observed
    succeeded,
    failed,
    cancelled,
    expired,        // waited longer than it was allowed to
    vanished,       // was started, and SageMaker no longer knows it; an operator decides
    name_conflict,  // SageMaker has a job of this name that is not ours
    rejected,       // the message could not be made a job; kept with its reason
};
std::string_view to_string(state s);
std::optional<state> parse_state(std::string_view text);
constexpr bool is_terminal(state s) {
    return s >= state::succeeded;
}
// True while the job holds quota in its pool.
constexpr bool holds_quota(state s) {
    return s == state::starting || s == state::running || s == state::stopping;
}

// So many instances of one resource ("ml.g5.2xlarge", or "ml.g5.2xlarge:spot").
struct demand_item {
    std::string resource;
    std::int64_t instances = 0;
    friend bool operator==(const demand_item&, const demand_item&) = default;
};

// What must have become of other jobs before a job may start.
enum class dependency_rule : unsigned char {
    all,     // each has succeeded; the first that ends otherwise ends the wait, and the job
    any,     // one has succeeded; when all have ended otherwise the job ends
    always,  // each has ended, however
};
std::string_view to_string(dependency_rule r);
std::optional<dependency_rule> parse_dependency_rule(std::string_view text);
struct dependency {
    dependency_rule rule = dependency_rule::all;
    std::vector<std::string> jobs;  // ids, or names within the tenant; empty: waits for nobody
    friend bool operator==(const dependency&, const dependency&) = default;
};

// Which jobs of a FIFO message group have to be through before the next one may start.
enum class group_rule : unsigned char {
    none,   // nobody waits
    start,  // SageMaker has accepted a start of each earlier one, or it has ended without
    end,    // each earlier one has ended, however
};
std::string_view to_string(group_rule r);
std::optional<group_rule> parse_group_rule(std::string_view text);
struct group_turn {
    group_rule rule = group_rule::none;
    std::string group;  // within the queue; empty only without a rule
    friend bool operator==(const group_turn&, const group_turn&) = default;
};

// What few jobs have; one text in the ledger, so that a new member needs no new column.
struct job_terms {
    dependency depends_on;
    std::int64_t max_wait_seconds = 0;  // pending for longer: expired; 0: for ever
    std::int64_t lifetime_seconds = 0;  // of an endpoint from InService on; 0: until it is cancelled
    bool retry_user_failures = false;
    bool own_config = false;  // an endpoint's configuration is made, and deleted, with it
    std::string target;       // of a pipeline execution: the pipeline's name
    group_turn turn;
    friend bool operator==(const job_terms&, const job_terms&) = default;
};

// What does not change after acceptance. The request body stays in the ledger.
struct job_facts {
    job_id id = 0;
    std::string queue;       // configured queue name
    std::string message_id;  // of the message that brought it
    std::string dedup_key;   // queue + MessageDeduplicationId (FIFO) or MessageId
    std::string tenant, kind, name;
    std::string priority_class;
    int priority = 0;
    int max_attempts = 1;
    bool preemptible = false;
    std::vector<std::string> pools;  // allowed pools by name; empty: every pool of the tenant
    std::vector<demand_item> demand;
    std::int64_t max_runtime_seconds = 86400;
    std::string spec_hash;  // SHA-256 hex of the request, for the owner check
    job_terms terms;
    wall_time accepted{};
};

// Why a job was told to stop, and so what its end will mean.
enum class stop_cause : unsigned char { none, cancelled, preempted, lifetime };
std::string_view to_string(stop_cause c);  // empty: none

// How far the job came, beyond its state; one text in the ledger.
struct job_progress {
    std::string arn;  // of the current attempt, where its name does not find it (pipeline executions)
    stop_cause cause = stop_cause::none;
    int uncharged = 0;                  // attempts that do not count: preempted ones
    std::string output;                 // model artifact or output URI, once known
    std::int64_t billable_seconds = 0;  // over all attempts, as far as SageMaker told
    std::optional<wall_time> serving;   // an endpoint is InService since
    bool released = false;              // what it depends on is settled
    bool result_due = false;            // ended, and its queue's outlets were not yet told
    friend bool operator==(const job_progress&, const job_progress&) = default;
};

// Empty when there is nothing to say. parse_*() accept members that they do not know; an error is
// errc::corrupt.
std::string to_text(const job_terms& t);
result<job_terms> parse_terms(std::string_view text);
std::string to_text(const job_progress& p);
result<job_progress> parse_progress(std::string_view text);

struct job {
    job_facts facts;
    lifecycle::state state = lifecycle::state::pending;
    int attempt = 0;                      // 1-based; 0 before the first start
    std::string pool;                     // of the current attempt
    std::string sagemaker_name;           // of the current attempt
    std::string reason;                   // why it is in this state; empty when there is nothing to say
    std::optional<wall_time> not_before;  // pending: back-off ends
    job_progress progress;
    wall_time updated{};
};

// One step of one job. A record with `accepted` creates the job; every other changes it. Records are applied
// in order. A terminal job has at most one more record, of the same state: its result was told.
struct record {
    job_id id = 0;
    std::optional<job_facts> accepted;
    std::string
        body;  // with `accepted` only: the SageMaker request as JSON (for a rejected message its raw body)
    lifecycle::state to = lifecycle::state::pending;
    int attempt = 0;
    std::string pool, sagemaker_name, reason;
    std::optional<wall_time> not_before;
    job_progress progress;
    // How often the program ended while it read the message `key`. A record of its own (id 0) at the next
    // start; 0 times, and so gone, with the record that accepts or rejects the message.
    struct reading {
        std::string key;
        int times = 0;
    };
    std::optional<reading> mark;
    std::optional<pause_change> pausing;  // a record of its own (id 0)
    wall_time when{};
};

// The job as it is after the step; folding all steps of a job gives the job. Not of a record that only marks.
void apply(record step, job& j);

}  // namespace trainyard::lifecycle
