#include "tests/simulation/minimise.hpp"

#include <algorithm>

namespace trainyard::simulation {
namespace {

struct knob {
    const char* name;
    double fault_plan::* value;
};

constexpr knob knobs[] = {
    {"request_lost", &fault_plan::request_lost},
    {"request_late", &fault_plan::request_late},
    {"answer_lost", &fault_plan::answer_lost},
    {"create_lost_answer", &fault_plan::create_lost_answer},
    {"error_before", &fault_plan::error_before},
    {"error_after", &fault_plan::error_after},
    {"unreachable", &fault_plan::unreachable},
    {"throttled", &fault_plan::throttled},
    {"entry_fails", &fault_plan::entry_fails},
    {"delivered_twice", &fault_plan::delivered_twice},
    {"delete_forgotten", &fault_plan::delete_forgotten},
    {"stranger", &fault_plan::stranger},
    {"event_lost", &fault_plan::event_lost},
    {"event_twice", &fault_plan::event_twice},
    {"erased", &fault_plan::erased},
    {"crashes", &fault_plan::crashes},
    {"pauses", &fault_plan::pauses},
    {"clock_steps", &fault_plan::clock_steps},
    {"disk_failures", &fault_plan::disk_failures},
    {"clogs", &fault_plan::clogs},
    {"throttle_storms", &fault_plan::throttle_storms},
    {"slow_commits", &fault_plan::slow_commits},
};

}  // namespace

std::vector<std::string> describe(const fault_plan& f) {
    std::vector<std::string> out;
    for (const knob& k : knobs)
        if (f.*k.value > 0) out.push_back(fmt::format("{} {:.3g}", k.name, f.*k.value));
    if (f.list_delay > duration{0})
        out.push_back(fmt::format("list_delay {} s",
                                  std::chrono::duration_cast<std::chrono::seconds>(f.list_delay).count()));
    return out;
}

minimised minimise(plan p, const std::string& invariant, std::size_t runs_max) {
    minimised m;
    m.least = std::move(p);
    // True, and `candidate` is the least now, when its run still finds the violation.
    const auto still = [&](const plan& candidate) {
        if (m.runs >= runs_max) return false;
        ++m.runs;
        outcome o = run(candidate);
        const bool same = std::any_of(o.violations.begin(), o.violations.end(),
                                      [&](const auto& v) { return v.invariant == invariant; });
        if (!same) return false;
        m.least = candidate;
        m.found = std::move(o);
        return true;
    };
    if (!still(plan{m.least})) return m;
    for (const knob& k : knobs) {
        plan candidate = m.least;
        if (candidate.faults.*k.value == 0) continue;
        candidate.faults.*k.value = 0;
        if (still(candidate)) m.removed.emplace_back(k.name);
    }
    if (m.least.faults.list_delay > duration{0}) {
        plan candidate = m.least;
        candidate.faults.list_delay = {};
        if (still(candidate)) m.removed.emplace_back("list_delay");
    }
    while (m.least.messages > 1) {
        plan candidate = m.least;
        candidate.messages /= 2;
        if (!still(candidate)) break;
    }
    while (m.least.length > std::chrono::minutes{1}) {
        plan candidate = m.least;
        candidate.length /= 2;
        if (!still(candidate)) break;
    }
    return m;
}

}  // namespace trainyard::simulation
