#include "scheduler/sim/observer.hpp"

#include <algorithm>

namespace trainyard::sim {
namespace {

constexpr std::int64_t samples = 512;  // over the time of the arrivals

duration first_submit(const workload& w) {
    return w.jobs.empty() ? duration{} : w.jobs.front().submit;
}
duration sample_width(const workload& w) {
    if (w.jobs.empty()) return duration{1};
    return std::max(duration{1}, (w.jobs.back().submit - w.jobs.front().submit) / samples);
}

}  // namespace

observer::observer(const workload& w, const policy::settings& s)
    : tree_(s, w.tenants),
      limits_(w.resources.size()),
      demand_(w.resources.size(), std::vector<double>(w.tenants.size())),
      in_use_(demand_),
      pool_units_(s.pools.size()),
      first_(first_submit(w)),
      sample_every_(sample_width(w)),
      next_sample_(first_),
      used_(first_, sample_every_),
      waiting_(used_),
      share_error_(used_),
      pool_used_(s.pools.size(), used_) {
    bool limited = true;
    for (index r = 0; r < w.resources.size(); ++r) {
        policy::amount sum;
        for (const policy::pool_config& p : s.pools)
            if (const auto offered = p.limits.find(w.resources[r]); offered != p.limits.end())
                sum += offered->second;
        if (sum.is_unlimited())
            limited = false;
        else
            limits_[r] = static_cast<double>(sum.count());
        capacity_ += limits_[r];
    }
    if (!limited) capacity_ = 0;
}

double observer::error_now() const {
    double worst = 0;
    for (std::size_t r = 0; r < limits_.size(); ++r) {
        if (limits_[r] <= 0) continue;
        double missing = 0;
        const std::vector<double> fair = tree_.entitlements(limits_[r], demand_[r]);
        for (std::size_t t = 0; t < fair.size(); ++t) missing += std::max(0.0, fair[t] - in_use_[r][t]);
        worst = std::max(worst, missing / limits_[r]);
    }
    return worst;
}

void observer::at(duration now) {
    if (now < next_sample_) return;
    share_error_.set(now, error_now());
    // As rare as the buckets are wide, however long it takes.
    while (next_sample_ <= now) {
        if (next_sample_ - first_ > sample_every_ * (2 * samples)) sample_every_ *= 2;
        next_sample_ += sample_every_;
    }
}

void observer::submitted(const job& j) {
    for (const demand& d : j.needs) demand_[d.resource][j.tenant] += static_cast<double>(d.units);
    ++jobs_waiting_;
    waiting_.set(j.submit, jobs_waiting_);
}

void observer::started(const job& j, index pool, duration now) {
    for (const demand& d : j.needs) in_use_[d.resource][j.tenant] += static_cast<double>(d.units);
    const auto units = static_cast<double>(j.units());
    waiting_.set(now, --jobs_waiting_);
    used_.set(now, units_used_ += units);
    pool_used_[pool].set(now, pool_units_[pool] += units);
}

void observer::stopped(const job& j, index pool, duration now, bool waits) {
    for (const demand& d : j.needs) {
        in_use_[d.resource][j.tenant] -= static_cast<double>(d.units);
        if (!waits) demand_[d.resource][j.tenant] -= static_cast<double>(d.units);
    }
    const auto units = static_cast<double>(j.units());
    if (waits) waiting_.set(now, ++jobs_waiting_);
    used_.set(now, units_used_ -= units);
    pool_used_[pool].set(now, pool_units_[pool] -= units);
}

void observer::dropped(const job& j) {
    for (const demand& d : j.needs) demand_[d.resource][j.tenant] -= static_cast<double>(d.units);
    --jobs_waiting_;
}

void observer::finish(duration now) {
    used_.set(now, units_used_);
    waiting_.set(now, jobs_waiting_);
    share_error_.set(now, 0);
    for (std::size_t p = 0; p < pool_used_.size(); ++p) pool_used_[p].set(now, pool_units_[p]);
}

}  // namespace trainyard::sim
