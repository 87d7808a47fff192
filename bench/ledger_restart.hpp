// A restart with a long queue of pending jobs.
#pragma once

#include <string>

#include "bench/report.hpp"
#include "engine/base/result.hpp"

namespace trainyard::bench {

// From opening the file to the jobs in memory, beside reading the same rows from a flat file into the same
// objects; and to a core that has decided its first starts. The files stand in the page cache.
result<void> measure_restart(const std::string& file, std::size_t pending, std::size_t rounds, report& out);

}  // namespace trainyard::bench
