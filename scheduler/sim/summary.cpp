#include "scheduler/sim/summary.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace trainyard::sim {
namespace {

double wait_of(const job& j, const outcome& o) {
    return to_seconds(o.start - j.submit);
}
double completion_of(const job& j, const outcome& o) {
    return to_seconds(o.end - j.submit);
}
double slowdown_of(const job& j, const outcome& o) {
    return std::max(1.0, completion_of(j, o) / std::max(to_seconds(j.run), slowdown_tau_seconds));
}

// One group under construction.
struct collector {
    std::vector<double> wait, completion, slowdown;
    double work = 0, lost = 0;
    int preemptions = 0;

    void take(const job& j, const outcome& o) {
        preemptions += o.preemptions;
        lost += o.lost_unit_seconds;
        if (o.fate != fate::finished) return;
        wait.push_back(wait_of(j, o));
        completion.push_back(completion_of(j, o));
        slowdown.push_back(slowdown_of(j, o));
        work += to_seconds(j.run) * static_cast<double>(j.units());
    }
    group done(std::string name) {
        group g;
        g.name = std::move(name);
        g.jobs = wait.size();
        g.wait = distribution_of(std::move(wait));
        g.completion = distribution_of(std::move(completion));
        g.slowdown = distribution_of(std::move(slowdown));
        g.unit_seconds = work;
        g.preemptions = preemptions;
        g.lost_unit_seconds = lost;
        return g;
    }
};

std::vector<group> groups_of(std::vector<collector> by, const name_list& names) {
    std::vector<group> out;
    for (index i = 0; i < by.size(); ++i) out.push_back(by[i].done(names[i]));
    std::vector<std::size_t> order(out.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        return out[a].unit_seconds != out[b].unit_seconds ? out[a].unit_seconds > out[b].unit_seconds
                                                          : out[a].name < out[b].name;
    });
    std::vector<group> sorted;
    for (const std::size_t i : order) sorted.push_back(std::move(out[i]));
    return sorted;
}

}  // namespace

distribution distribution_of(std::vector<double> values) {
    distribution d;
    if (values.empty()) return d;
    // In their order: the sum must not depend on how they are sorted.
    d.mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    std::ranges::sort(values);
    const auto rank = [&](double part) {
        const auto n = static_cast<std::size_t>(std::ceil(part * static_cast<double>(values.size())));
        return values[std::clamp<std::size_t>(n, 1, values.size()) - 1];
    };
    d.p50 = rank(0.5);
    d.p90 = rank(0.9);
    d.p95 = rank(0.95);
    d.p99 = rank(0.99);
    d.max = values.back();
    return d;
}

summary summarise(const workload& w, const simulator& s, std::string policy) {
    const record& r = s.record();
    summary out;
    out.policy = std::move(policy);
    out.jobs = w.jobs.size();
    collector all;
    std::vector<collector> tenants(w.tenants.size()), classes(w.classes.size());
    for (std::size_t i = 0; i < w.jobs.size(); ++i) {
        const outcome& o = r.outcomes[i];
        switch (o.fate) {
            case fate::finished: ++out.finished; break;
            case fate::failed: ++out.failed; break;
            case fate::impossible: ++out.impossible; break;
            case fate::unsatisfiable: ++out.unsatisfiable; break;
            case fate::waiting: ++out.waiting; break;
        }
        out.attempts += static_cast<std::uint64_t>(o.attempts);
        all.take(w.jobs[i], o);
        tenants[w.jobs[i].tenant].take(w.jobs[i], o);
        classes[w.jobs[i].job_class].take(w.jobs[i], o);
    }
    out.all = all.done("all");
    out.tenants = groups_of(std::move(tenants), w.tenants);
    out.classes = groups_of(std::move(classes), w.classes);
    out.begin = to_seconds(r.begin);
    out.end = to_seconds(r.end);
    out.makespan = to_seconds(r.end - r.begin);
    const observer& seen = s.observer();
    if (out.makespan > 0) {
        if (seen.capacity() > 0) out.utilisation = seen.used().integral() / (seen.capacity() * out.makespan);
        out.share_error = seen.share_error().integral() / out.makespan;
    }
    for (const auto& b : seen.share_error().buckets())
        out.share_error_max = std::max(out.share_error_max, b.mean);
    out.digest = r.digest();
    out.events = r.events;
    out.first_impossible = r.first_impossible;
    return out;
}

std::vector<double> waits(const workload& w, const record& r) {
    std::vector<double> out;
    for (std::size_t i = 0; i < w.jobs.size(); ++i)
        if (r.outcomes[i].fate == fate::finished) out.push_back(wait_of(w.jobs[i], r.outcomes[i]));
    return out;
}

std::vector<double> slowdowns(const workload& w, const record& r) {
    std::vector<double> out;
    for (std::size_t i = 0; i < w.jobs.size(); ++i)
        if (r.outcomes[i].fate == fate::finished) out.push_back(slowdown_of(w.jobs[i], r.outcomes[i]));
    return out;
}

}  // namespace trainyard::sim
