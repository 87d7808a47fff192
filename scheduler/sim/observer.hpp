// What is watched while a simulation runs: use and backlog over time, and how far tenants are from their fair
// shares.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/policy/settings.hpp"
#include "scheduler/sim/series.hpp"
#include "scheduler/sim/shares.hpp"
#include "scheduler/sim/workload.hpp"

namespace trainyard::sim {

class observer {
public:
    // `resources` and `pools` are numbers of the workload and of settings.pools.
    observer(const workload& w, const policy::settings& s);

    // Before what happens at `now`: what stood until then is what is sampled.
    void at(duration now);
    void submitted(const job& j);
    void started(const job& j, index pool, duration now);
    // `waits`: it is pending again.
    void stopped(const job& j, index pool, duration now, bool waits);
    // A pending job that will never start.
    void dropped(const job& j);
    void finish(duration now);

    const time_series& used() const { return used_; }  // units, all resources
    const std::vector<time_series>& used_by_pool() const { return pool_used_; }
    const time_series& waiting() const { return waiting_; }  // jobs
    const time_series& share_error() const { return share_error_; }
    double capacity() const { return capacity_; }  // units; 0: some pool is unlimited

private:
    double error_now() const;
    share_tree tree_;
    std::vector<double> limits_;                        // by resource; 0: unlimited or not offered
    std::vector<std::vector<double>> demand_, in_use_;  // resource, tenant: units waiting or running; running
    double capacity_ = 0, jobs_waiting_ = 0, units_used_ = 0;
    std::vector<double> pool_units_;
    duration first_{}, sample_every_{}, next_sample_{};
    time_series used_, waiting_, share_error_;
    std::vector<time_series> pool_used_;
};

}  // namespace trainyard::sim
