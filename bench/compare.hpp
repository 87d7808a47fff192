// Two reports of the same benchmark: what changed beyond noise. Pure but for the printing by its caller.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/compare_stats.hpp"
#include "bench/report.hpp"
#include "engine/base/result.hpp"

namespace trainyard::bench {

// What a file of --json output holds: one run, or several of the same benchmark, one a line.
struct recorded {
    std::string version, machine;
    report first;                              // bench and parameters are those of all runs
    std::vector<std::vector<figure>> figures;  // by run
};
// errc::invalid_argument: it is no such file, or its runs are not of one benchmark.
result<recorded> read_recorded(std::string_view text);

enum class verdict : unsigned char {
    same,  // no change that is beyond noise and above the threshold
    improved,
    regressed,
    changed,   // where neither way is better
    unjudged,  // too few rounds
};
std::string_view to_string(verdict v);

struct change {
    std::string name, unit;
    double before = 0, after = 0;  // what was compared: the value, or the ratio to its floor
    bool of_floor_ratio = false;
    ratio_estimate estimate;
    verdict what = verdict::unjudged;
};

struct comparison {
    std::vector<change> changes;           // figures of both, in the order of the first
    std::vector<std::string> only_in_one;  // names of the others
    bool regressed() const;
};

// `threshold`: 0.1 calls changes of less than a tenth the same. errc::invalid_argument: different benchmarks
// or parameters, naming the first difference.
result<comparison> compare_reports(const recorded& a, const recorded& b, double threshold);

}  // namespace trainyard::bench
