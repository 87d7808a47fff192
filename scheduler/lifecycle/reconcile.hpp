// After a ledger was restored from a backup: what SageMaker has that the ledger forgot. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduler/lifecycle/job.hpp"

namespace trainyard::lifecycle {

// How the reasons of the records begin that reconcile() makes.
inline constexpr std::string_view found_after_restore = "found in SageMaker after a restore";

// The job and the attempt that a name of ours states; nothing for other names. Anybody can choose such a
// name: only tags prove whose the job is.
std::optional<std::pair<job_id, int>> parse_sagemaker_name(std::string_view name);

// A job that a listing of everything in a pool showed.
struct found_job {
    std::string pool, name, status;
    std::map<std::string, std::string> tags;
};

// Whether it can be one that the ledger forgot, as far as its name says; then its tags must be seen.
bool may_be_forgotten(const found_job& f, const std::map<job_id, const job*>& jobs);

struct forgotten {
    found_job what;
    job_id job = 0;
    int attempt = 0;
};

struct reconciliation {
    std::vector<record> records;      // attempts that the ledger did not know of: intents, to be verified
    std::vector<forgotten> phantoms;  // jobs that it knows nothing of, or knows to have ended otherwise
    std::size_t known = 0, foreign = 0;
};

// `jobs`: all of the ledger, before anything is started; each is changed as its record says. An attempt that
// is ahead of the ledger becomes `starting`: verifying it adopts it, whatever became of it, and it never
// starts again. Jobs of other installations are counted and left alone.
reconciliation reconcile(const std::string& installation, std::vector<job>& jobs,
                         const std::vector<found_job>& found, wall_time now);

}  // namespace trainyard::lifecycle
