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
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/rng.hpp"
#include "scheduler/lifecycle/admission.hpp"
#include "scheduler/lifecycle/classify.hpp"
#include "scheduler/lifecycle/commands.hpp"

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
    // So long after a start was accepted SageMaker may not show it: until it did, "not found" means nothing.
    duration visible_after = std::chrono::minutes{1};
    // A Create without an answer may still be executed so much later; then its signature is too old. Only of
    // consequence where the name is free again: Trainyard deletes its endpoints.
    duration late_create = std::chrono::minutes{15};
    // A message is set aside unread once the program has ended so often inside its reading. A reading takes
    // well under a millisecond of a life of the program; three ends from outside inside the readings of one
    // message do not happen: at one kill each 200 ms and 0.1 ms for a reading it is 1 message in
    // 8,000,000,000.
    int reading_crashes = 3;
};

// Starts of one job, charged or not: beyond it even want of capacity ends the job.
inline constexpr int starts_max = 1'000;

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
    std::string arn = {}, output = {};
    std::int64_t billable_seconds = 0;
    std::int64_t ran_seconds = 0;  // 0: not told
};

// Where a queue's jobs are told of.
struct outlets {
    bool reject = false, results = false;
};

struct counters {
    std::uint64_t received = 0, duplicates = 0, accepted = 0, rejected = 0;
    std::uint64_t creates = 0, adopted = 0, refused_by_quota = 0, throttled = 0, unknown_creates = 0,
                  retries = 0;
    std::uint64_t quarantined = 0, preempted = 0, expired = 0, hints = 0, told = 0;
};

class machine {
public:
    machine(std::string installation, timing t, std::uint64_t seed);

    // Before restore(), by queue name.
    void set_outlets(std::map<std::string, outlets> o) { outlets_ = std::move(o); }
    // Once, before anything else: what the ledger holds. Takes up every job where it stood.
    void restore(std::vector<job> jobs, wall_time now);
    // How often the program ended inside the reading of a message, by message key.
    void restore_crashes(std::map<std::string, int> crashes) { crashes_ = std::move(crashes); }

    // Gives the id of the new job, or nothing for a redelivery of one that is known. `rules` outlive the
    // machine.
    std::optional<job_id> handle_message(const incoming_message& m, const std::string& receipt_handle,
                                         const queue_rules& rules, wall_time now);
    // A pending job can never run: becomes rejected with the reason.
    void handle_impossible(job_id id, const std::string& reason, wall_time now);
    // The scheduler chose; its reservation is already made.
    void handle_start(job_id id, const std::string& pool, wall_time now);
    // `detail`: the ARN of what was accepted, else why it was not.
    void handle_create(job_id id, int attempt, create_outcome outcome, const std::string& detail,
                       wall_time now);
    void handle_verify(job_id id, int attempt, look_outcome outcome, const sighting& seen,
                       const std::map<std::string, std::string>& tags, wall_time now);
    void handle_describe(job_id id, int attempt, look_outcome outcome, const sighting& seen, wall_time now);
    // Stop was sent; when it failed it is sent again later. The end is observed like any other.
    void handle_stop(job_id id, int attempt, bool accepted, wall_time now);
    // A List page shows the name; not every kind's page tells the FailureReason. False when the name is not
    // one of ours that is live.
    bool handle_listed(const stream& where, const std::string& name, const sighting& seen, wall_time now);
    // A listing of everything in the stream, begun at `began`, is through: each live job that it did not show
    // is looked at.
    void handle_listing_complete(const stream& where, wall_time began);
    // An event says that something happened to a name, or to the ARN of a pipeline execution. It is only a
    // reason to look. False when it is none of ours, or says nothing new.
    bool handle_hint(const std::string& pool, kind k, const std::string& name, const std::string& status);
    void handle_cancel(job_id id, wall_time now);
    // The scheduler wants the job's quota back; it goes back to pending once it has stopped. False unless it
    // runs and may be preempted.
    bool handle_preempt(job_id id, const std::string& why, wall_time now);
    void handle_told(job_id id, bool sent, wall_time now);
    // Back-offs, looks, lifetimes and longest waits that are due. Spurious calls do nothing.
    void handle_time(wall_time now);
    std::optional<wall_time> next_time() const;

    batch take();

    // Whether a Create that waited for its budget may leave: its attempt may have been found, and have ended.
    bool still_starts(job_id id, int attempt) const;
    const job* find(job_id id) const;
    // What keeps a pending job from the scheduler: the turn of its message group, or jobs that it depends on.
    // Empty: nothing of these.
    std::string held_by(job_id id) const;
    // Jobs that it depends on and that have not ended, as it names them, with their state; nothing once it
    // waits for none.
    std::vector<std::string> waits_for(job_id id) const;
    const std::map<job_id, job>& jobs() const { return jobs_; }
    std::size_t live() const { return live_; }           // jobs that are not terminal
    std::size_t untold() const { return untold_; }       // terminal ones whose result is still due
    std::size_t live_in(const std::string& pool) const;  // that hold quota there
    std::vector<stream> streams() const;                 // with live attempts, in order
    bool has_stream(const stream& where) const { return streams_.contains(where); }
    // Streams that had none and have one (`begun`), or the other way round, since it was last asked.
    struct stream_change {
        stream where;
        bool begun = false;
    };
    std::vector<stream_change> take_stream_changes() { return std::exchange(stream_changes_, {}); }
    // Before this none of the stream's live attempts was started.
    wall_time oldest_start(const stream& where) const;
    std::size_t looks_open() const { return looks_open_; }  // verify and describe without an answer
    const lifecycle::counters& counts() const { return counters_; }
    void check_invariants() const;

private:
    struct tracking {  // of a job that holds quota; not durable
        int looks = 0;
        bool looking = false;  // an answer to verify or describe is outstanding
        bool unknown = false;  // a Create of this attempt may have taken effect
        bool stop_again = false;
        bool hinted = false;  // an event came before the answer of the Create
        int missing = 0;      // "not found" in a row; more than none has the next waiting time look again
        int open = 0;         // Creates of this attempt whose fate is not known
        wall_time last_seen{}, started{};
        wall_time settled{};  // from then on no Create of this attempt is under way
        wall_time shown{};    // from then on SageMaker shows what it accepted
    };
    // machine.cpp: what every step needs
    job* expect(job_id id, int attempt);
    void move(job& j, state to, std::string reason, wall_time now);
    void end(job& j, state to, std::string reason, wall_time now);
    void back_to_pending(job& j, duration wait, std::string reason, wall_time now);
    void wait_until(job_id id, wall_time when);
    void became_running(job& j, const std::string& arn, wall_time now);
    void begin_live(job& j, wall_time started);
    void leave_stream(const job& j);
    static stream stream_of(const job& j);
    effect::attempt_ref ref(const job& j) const;
    duration jittered(duration base, duration cap, int step);
    job_id new_id(wall_time now);
    // machine_intake.cpp
    job_id take_in(const incoming_message& m, admission a, wall_time now);
    job_id set_aside(const incoming_message& m, int crashes, wall_time now);
    // machine_watch.cpp
    void attempt_ended(job& j, end_class c, const sighting& seen, wall_time now);
    void observe(job& j, const sighting& seen, bool detailed, wall_time now);
    void look(job& j, bool verify);
    void looked(tracking& t);
    bool is_ours(const job& j, const std::map<std::string, std::string>& tags) const;
    void begin_stop(job& j, stop_cause cause, std::string reason, wall_time now);
    // machine_waits.cpp
    void make_ready(job& j, wall_time now);
    enum class settled { no, go, never };
    settled settle(const job& j, std::string& why) const;
    const job* dependency_of(const job& j, const std::string& name) const;
    void wake_dependents(const job& j, wall_time now);
    void time_for_pending(job& j, wall_time now);
    void time_for_running(job& j, wall_time now);
    std::optional<wall_time> expires(const job& j) const;
    // machine_turns.cpp: the order of message groups
    struct group_line {                  // of jobs that have not ended, in the order of their messages
        std::set<job_id> live, waiting;  // waiting: not started yet
    };
    static bool has_turn(const job& j) { return j.facts.terms.turn.rule != group_rule::none; }
    static std::string group_of(const job& j);
    void enter_group(const job& j);
    void passed_in_group(const job& j, bool ended, wall_time now);
    const job* ahead_in_group(const job& j) const;
    bool comes_after(const job& later, const job& j) const;

    std::string installation_;
    timing timing_;
    rng random_;
    std::map<std::string, outlets> outlets_;
    std::map<job_id, job> jobs_;
    std::unordered_map<std::string, job_id> by_dedup_;          // order-free: looked up only
    std::map<std::pair<stream, std::string>, job_id> by_name_;  // (stream, SageMaker name) of live attempts
    std::map<stream, std::size_t> streams_;                     // how many of these each has
    std::vector<stream_change> stream_changes_;
    // Of live pipeline executions; and the newest of each tenant and name, for depends_on.
    std::unordered_map<std::string, job_id> by_arn_;      // order-free: looked up only
    std::unordered_map<std::string, job_id> newest_;      // order-free: looked up only
    std::multimap<std::string, job_id> dependents_;       // by what they wait for, as they name it
    std::unordered_map<std::string, group_line> groups_;  // order-free: looked up only
    std::set<job_id> held_;                               // pending, and their group's turn has not come
    std::map<job_id, tracking> tracking_;
    std::map<job_id, int> refusals_;  // refused starts in a row
    std::multimap<wall_time, job_id> waits_;
    std::map<std::string, int> crashes_;  // by message key
    batch out_;
    lifecycle::counters counters_;
    job_id last_id_ = 0;
    std::size_t live_ = 0, untold_ = 0, looks_open_ = 0;
};

}  // namespace trainyard::lifecycle
