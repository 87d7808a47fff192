// What `simulate` says: JSON lines for programs, tables for people, one HTML file to keep.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "scheduler/sim/summary.hpp"

namespace trainyard::cli {

struct simulated {
    sim::summary summary;
    std::vector<double> waits, slowdowns;  // of each finished job
    std::vector<sim::time_series> used_by_pool;
    sim::time_series used, waiting, share_error;
    double capacity = 0;
    double wall_seconds = 0;  // that the simulation took
};

// A line for each job that has ended, in the order of their ends; "policy" only where several are compared.
void write_jobs(std::ostream& out, const sim::workload& w, const policy::settings& s, const sim::record& r,
                const std::string& policy);
void write_summary(std::ostream& out, const sim::summary& s);

std::string table_of(const sim::workload& w, const std::vector<simulated>& all);

// Name and value of what was simulated, for the report.
using manifest = std::vector<std::pair<std::string, std::string>>;
std::string html_of(const sim::workload& w, const std::vector<simulated>& all,
                    const std::vector<std::string>& pools, const manifest& what);

}  // namespace trainyard::cli
