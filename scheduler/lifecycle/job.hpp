// What is remembered of one job, and the records from which that memory is rebuilt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

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
    wall_time accepted{};
};

struct job {
    job_facts facts;
    lifecycle::state state = lifecycle::state::pending;
    int attempt = 0;                      // 1-based; 0 before the first start
    std::string pool;                     // of the current attempt
    std::string sagemaker_name;           // of the current attempt
    std::string reason;                   // why it is in this state; empty when there is nothing to say
    std::optional<wall_time> not_before;  // pending: back-off ends
    wall_time updated{};
};

// One step of one job. A record with `accepted` creates the job; every other changes it. Records are applied
// in order.
struct record {
    job_id id = 0;
    std::optional<job_facts> accepted;
    std::string
        body;  // with `accepted` only: the SageMaker request as JSON (for a rejected message its raw body)
    lifecycle::state to = lifecycle::state::pending;
    int attempt = 0;
    std::string pool, sagemaker_name, reason;
    std::optional<wall_time> not_before;
    wall_time when{};
};

}  // namespace trainyard::lifecycle
