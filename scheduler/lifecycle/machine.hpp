// The life of every job, as a pure state machine: events and the time in, records and commands out.
//
// Contract with the driver. After any handle_*() call, take() gives a batch. The driver makes the batch's
// records durable, in the order of the batches, and only then performs its effects: so a message is deleted
// only after its job is on disk, and Create is sent only after its intent is. Quota changes are obeyed at
// once; they concern memory only. Every effect is answered by exactly one handle_*() call, whenever that may
// be; an answer that no longer fits the job's attempt is ignored. Calls may come in any order and any number
// of times.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/rng.hpp"
#include "scheduler/lifecycle/admission.hpp"
#include "scheduler/lifecycle/classify.hpp"
#include "scheduler/lifecycle/job.hpp"

namespace trainyard::lifecycle {

struct timing {
    duration backoff_base =
        std::chrono::seconds{5};  // of a failed attempt: base * 2^(attempt-1), jittered, capped
    duration backoff_cap = std::chrono::minutes{10};
    duration refused_base = std::chrono::seconds{1};  // of a start that was refused without effect
    duration refused_cap = std::chrono::minutes{1};
    duration verify_base = std::chrono::seconds{1};  // between looks at a start of unknown fate
    duration verify_cap = std::chrono::seconds{30};
    int verify_looks = 3;  // "not found" so often in a row before Create is sent again
};

namespace effect {
struct delete_message {
    std::string queue, message_id, receipt_handle;
};
// A copy of a refused message for the queue's reject queue.
struct copy_rejected {
    std::string queue, body, reason, job;
};
struct create {
    job_id job;
    int attempt;
    std::string pool, name;
};
// Describe the name and read its tags: is this attempt there, and is it ours?
struct verify {
    job_id job;
    int attempt;
    std::string pool, name;
};
// Describe the name: the List said something that needs detail, or nothing for too long.
struct describe {
    job_id job;
    int attempt;
    std::string pool, name;
};
struct stop {
    job_id job;
    int attempt;
    std::string pool, name;
};
}  // namespace effect
using effect_t = std::variant<effect::delete_message, effect::copy_rejected, effect::create, effect::verify,
                              effect::describe, effect::stop>;

namespace quota {
struct make_pending {  // the scheduler may start it
    job_id job;
};
struct withdraw {  // pending no more, and not by a start
    job_id job;
};
struct release {  // its reservation is free
    job_id job;
};
struct restore {  // after a restart: it holds quota in its pool
    job_id job;
};
struct block {  // ResourceLimitExceeded, or no permission: nothing of these resources for a while
    std::string pool;
    std::vector<demand_item> demand;
    std::string why;
};
struct unblock {  // a start was accepted
    std::string pool;
    std::vector<demand_item> demand;
};
}  // namespace quota
using quota_t = std::variant<quota::make_pending, quota::withdraw, quota::release, quota::restore,
                             quota::block, quota::unblock>;

struct batch {
    std::vector<record> records;
    std::vector<effect_t> effects;
    std::vector<quota_t> quota;
    bool empty() const { return records.empty() && effects.empty() && quota.empty(); }
};

// What came of a Create, or of a look at a name, in the words that matter here.
enum class create_outcome {
    accepted,
    refused_for_now,   // throttled, or nothing was sent
    refused_by_quota,  // ResourceLimitExceeded
    refused_access,    // credentials or policy: an operator must act; other pools may still work
    refused_request,   // the request is wrong
    name_taken,        // ResourceInUse: ours or a stranger's
    unknown,           // no answer, or a server fault
};
enum class look_outcome { found, not_found, failed };

struct sighting {  // what SageMaker says of one job
    std::string status, secondary_status, failure_reason;
};

struct counters {
    std::uint64_t received = 0, duplicates = 0, accepted = 0, rejected = 0;
    std::uint64_t creates = 0, adopted = 0, refused_by_quota = 0, throttled = 0, unknown_creates = 0,
                  retries = 0;
};

class machine {
public:
    machine(std::string installation, timing t, std::uint64_t seed);

    // Once, before anything else: what the ledger holds. Takes up every job where it stood.
    void restore(std::vector<job> jobs, wall_time now);

    // Gives the id of the new job, or nothing for a redelivery of one that is known.
    std::optional<job_id> handle_message(const incoming_message& m, const std::string& receipt_handle,
                                         const queue_rules& rules, wall_time now);
    // A pending job can never run: becomes rejected with the reason.
    void handle_impossible(job_id id, const std::string& reason, wall_time now);
    // The scheduler chose; its reservation is already made.
    void handle_start(job_id id, const std::string& pool, wall_time now);
    void handle_create(job_id id, int attempt, create_outcome outcome, const std::string& detail,
                       wall_time now);
    void handle_verify(job_id id, int attempt, look_outcome outcome, const sighting& seen,
                       const std::map<std::string, std::string>& tags, wall_time now);
    void handle_describe(job_id id, int attempt, look_outcome outcome, const sighting& seen, wall_time now);
    // Stop was sent; when it failed it is sent again later. The end is observed like any other.
    void handle_stop(job_id id, int attempt, bool accepted, wall_time now);
    // A List page shows the name in the pool; no FailureReason comes with it. False when the name is not one
    // of ours that is live.
    bool handle_listed(const std::string& pool, const std::string& name, const sighting& seen, wall_time now);
    // A listing of everything in the pool, begun at `began`, is through: each live job that it did not show
    // is looked at.
    void handle_listing_complete(const std::string& pool, wall_time began);
    void handle_cancel(job_id id, wall_time now);
    // Back-offs and verification delays that have ended. Spurious calls do nothing.
    void handle_time(wall_time now);
    std::optional<wall_time> next_time() const;

    batch take();

    const job* find(job_id id) const;
    const std::map<job_id, job>& jobs() const { return jobs_; }
    std::size_t live() const { return live_; }           // jobs that are not terminal
    std::size_t live_in(const std::string& pool) const;  // that hold quota there
    const lifecycle::counters& counts() const { return counters_; }
    void check_invariants() const;

private:
    struct tracking {  // of a job that holds quota; not durable
        int looks = 0;
        bool looking = false;  // an answer to verify or describe is outstanding
        bool unknown = false;  // a Create of this attempt may have taken effect
        bool stop_again = false;
        int missing = 0;
        wall_time last_seen{};
    };
    job* expect(job_id id, int attempt);
    void move(job& j, state to, std::string reason, wall_time now);
    void end(job& j, state to, std::string reason, wall_time now);
    void back_to_pending(job& j, duration wait, std::string reason, wall_time now);
    void attempt_ended(job& j, end_class c, const std::string& detail, wall_time now);
    void observe(job& j, const sighting& seen, bool detailed, wall_time now);
    void look(job& j, bool verify);
    void wait_until(job_id id, wall_time when);
    void begin_live(job& j);
    bool is_ours(const job& j, const std::map<std::string, std::string>& tags) const;
    duration jittered(duration base, duration cap, int step);
    job_id new_id(wall_time now);

    std::string installation_;
    timing timing_;
    rng random_;
    std::map<job_id, job> jobs_;
    std::map<std::string, job_id> by_dedup_;
    std::map<std::pair<std::string, std::string>, job_id>
        by_name_;  // (pool, SageMaker name) of live attempts
    std::map<job_id, tracking> tracking_;
    std::map<job_id, int> refusals_;  // refused starts in a row
    std::multimap<wall_time, job_id> waits_;
    batch out_;
    lifecycle::counters counters_;
    job_id last_id_ = 0;
    std::size_t live_ = 0;
};

}  // namespace trainyard::lifecycle
