// The jobs of a simulation: who asked for what and when, and how long it would run. Times are those of the
// source, counted from its own zero.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"

namespace trainyard::sim {

inline constexpr std::size_t jobs_max = 10'000'000;  // of one workload; about 2 GB
inline constexpr std::size_t names_max = 100'000;    // tenants, classes, resources or pools of one workload
inline constexpr std::int64_t units_max = std::int64_t{1} << 31;  // of one job: more is never startable
inline constexpr double seconds_max = 4e9;  // of any time: 126 years, also for times since 1970

using index = std::uint32_t;

// Names as dense numbers, in the order of their first appearance.
class name_list {
public:
    // The number of the name, a new one where it is new.
    index intern(std::string_view name);
    const std::string& operator[](index i) const { return names_[i]; }
    std::size_t size() const { return names_.size(); }
    const std::vector<std::string>& all() const { return names_; }

private:
    std::vector<std::string> names_;
    std::map<std::string, index, std::less<>> by_name_;
};

struct demand {
    index resource = 0;
    std::int64_t units = 0;  // above 0
};

struct job {
    std::string name;      // as the source calls it
    duration submit{};     // since the zero of the source
    duration run{};        // of an attempt that nothing disturbs
    duration requested{};  // the user's estimate; 0: not stated
    index tenant = 0, job_class = 0;
    int priority = 0;
    int max_attempts = 1;
    bool preemptible = false;
    std::vector<demand> needs;      // each resource once
    std::vector<index> pools;       // empty: any
    std::vector<index> depends_on;  // jobs by their place in `workload::jobs`; all must have succeeded

    std::int64_t units() const;
};

struct workload {
    std::string source;  // the file, or the generator and its seed
    name_list tenants, classes, resources, pools;
    std::vector<job> jobs;     // by submission, then in the order of the source
    std::size_t left_out = 0;  // rows that say nothing to simulate
    std::string why_left_out;  // of the first of them, with its line
};

// Seconds as a duration; the caller has checked |seconds| <= seconds_max.
duration from_seconds(double seconds);
double to_seconds(duration d);

// Sorts by submission, keeping the order of equals, and renumbers `depends_on`.
void sort_jobs(workload& w);

// FNV-1a over everything that decides: two workloads with one digest give the same simulation.
std::uint64_t digest(const workload& w);

}  // namespace trainyard::sim
