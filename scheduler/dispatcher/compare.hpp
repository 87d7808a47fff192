// A ledger beside what SageMaker holds. Reads only; a comparison while jobs start and end shows what changed
// between the two looks, so it is meant for a dispatcher at rest.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "aws/transport/settings.hpp"
#include "scheduler/config/fleet.hpp"
#include "scheduler/ledger/replay.hpp"

namespace trainyard::dispatcher {

// What a comparison needs of each job.
class ledger_view {
public:
    struct entry {
        lifecycle::state state = lifecycle::state::pending;
        int attempt = 0;
        std::string pool, name, spec_hash;
    };
    void add(const lifecycle::job& j);
    const entry* find(lifecycle::job_id id) const;
    const std::map<lifecycle::job_id, entry>& jobs() const { return jobs_; }

private:
    std::map<lifecycle::job_id, entry> jobs_;
};

struct comparison {
    std::size_t listed = 0;     // jobs whose names are of our form
    std::size_t foreign = 0;    // of those, other installations' by their tags
    std::size_t recorded = 0;   // phantoms that the ledger already knows
    std::size_t recovered = 0;  // starts whose outcome the ledger does not know, and SageMaker has
    std::vector<ledger::violation> violations;
};

struct seen_job {
    std::string pool, name, status;
    std::map<std::string, std::string> tags;  // only of jobs the ledger cannot account for
};

// Pure. `known_phantoms`: (pool, name).
comparison compare(const std::string& installation, const ledger_view& view,
                   const std::vector<seen_job>& seen,
                   const std::vector<std::pair<std::string, std::string>>& known_phantoms);

result<comparison> compare_with_sagemaker(const config::fleet& f, const aws::environment& env,
                                          const ledger_view& view, const std::string& ledger_file);

}  // namespace trainyard::dispatcher
