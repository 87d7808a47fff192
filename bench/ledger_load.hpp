// Records as a busy fleet makes them, and the ledger under them: as fast as it can, and at a steady rate.
#pragma once

#include <string>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/rng.hpp"
#include "scheduler/lifecycle/job.hpp"

namespace trainyard::bench {

// A fleet in which as many jobs arrive as end. A quarter of its records accept a job with a request of 600 B,
// the others move a job that waits or runs: any of them, as they end in any order.
class fleet_records {
public:
    // `live` jobs are there before the first next(); start() gives their records.
    fleet_records(std::size_t live, std::uint64_t seed);
    std::vector<lifecycle::record> start();
    void next(std::size_t count, std::vector<lifecycle::record>& out);

    lifecycle::record accept();

private:
    struct attempt {
        lifecycle::job_id id;
        int number;
    };
    lifecycle::record move(lifecycle::job_id id, lifecycle::state to);
    lifecycle::job_id take_any(std::vector<lifecycle::job_id>& from);

    rng random_;
    std::size_t live_;
    std::uint64_t made_ = 0, turn_ = 0;
    std::vector<lifecycle::job_id> pending_, starting_, running_;
};

struct load_cost {
    double seconds = 0;     // of all
    double thread_cpu = 0;  // seconds of the ledger's thread
    std::size_t records = 0, commits = 0;
    std::size_t bytes = 0;  // of the records, as the flat file writes them
};

// Keeps `window` records unanswered until `records` are committed, submitted `batch` at a time.
result<load_cost> run_closed(const std::string& path, std::size_t records, std::size_t batch,
                             std::size_t window);
// The same records in the same groups into a flat file. `group`: records of one append.
result<load_cost> run_flat(const std::string& path, std::size_t records, std::size_t group);

// Seconds from the time at which a record was due until it was durable, sorted; `rate` records a second,
// submitted each millisecond.
result<std::vector<double>> run_open(const std::string& path, double rate, double seconds);
result<std::vector<double>> run_open_flat(const std::string& path, double rate, double seconds);

}  // namespace trainyard::bench
