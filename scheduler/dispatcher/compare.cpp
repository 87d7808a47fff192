#include "scheduler/dispatcher/compare.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "scheduler/dispatcher/sweep.hpp"
#include "scheduler/ledger/audit.hpp"

namespace trainyard::dispatcher {
namespace {

using ledger::damage;
using lifecycle::job_id;
using lifecycle::state;

constexpr const char* origin = "S3 no phantom";
constexpr const char* one_start = "S4 at most one start";
constexpr const char* observed = "S12 agrees with SageMaker";

bool is_over(std::string_view status) {
    return status == "Completed" || status == "Failed" || status == "Stopped";
}

// The ledger cannot say what this job is: its tags must.
bool unaccounted(const ledger_view& view, const std::string& name) {
    const auto named = lifecycle::parse_sagemaker_name(name);
    const ledger_view::entry* e = named ? view.find(named->first) : nullptr;
    return e == nullptr || named->second > e->attempt;
}

void judge_unknown(const seen_job& s, const std::string& installation,
                   const std::set<std::pair<std::string, std::string>>& phantoms, comparison& out) {
    const auto owner = s.tags.find("trainyard:owner");
    if (owner == s.tags.end() || owner->second != installation) {
        ++out.foreign;
    } else if (phantoms.contains({s.pool, s.name})) {
        ++out.recorded;
    } else {
        out.violations.push_back(
            {origin, damage::phantom, lifecycle::parse_sagemaker_name(s.name)->first,
             fmt::format("SageMaker has {} in {} ({}), which the ledger never meant to start", s.name, s.pool,
                         s.status)});
    }
}

void judge_known(const seen_job& s, job_id id, int attempt, const ledger_view::entry& e, comparison& out) {
    const auto add = [&](const char* invariant, damage kind, std::string what) {
        out.violations.push_back({invariant, kind, id, std::move(what)});
    };
    const bool over = is_over(s.status);
    if (attempt < e.attempt) {
        if (!over && holds_quota(e.state))
            add(one_start, damage::duplicated,
                fmt::format("{} is {} while attempt {} is {}", s.name, s.status, e.attempt,
                            to_string(e.state)));
        return;
    }
    if (s.pool != e.pool || s.name != e.name)
        return add(
            one_start, damage::duplicated,
            fmt::format("attempt {} is {} in {}, and {} in {}", attempt, e.name, e.pool, s.name, s.pool));
    if (e.state == state::starting) ++out.recovered;
    if (!over && is_terminal(e.state))
        add(observed, damage::none,
            fmt::format("{} is {}, the ledger says {}", s.name, s.status, to_string(e.state)));
    if (e.state == state::succeeded && over && s.status != "Completed")
        add(observed, damage::none, fmt::format("{} is {}, the ledger says succeeded", s.name, s.status));
}

}  // namespace

void ledger_view::add(const lifecycle::job& j) {
    jobs_.emplace(j.facts.id, entry{j.state, j.attempt, j.pool, j.sagemaker_name, j.facts.spec_hash});
}

const ledger_view::entry* ledger_view::find(job_id id) const {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : &found->second;
}

comparison compare(const std::string& installation, const ledger_view& view,
                   const std::vector<seen_job>& seen,
                   const std::vector<std::pair<std::string, std::string>>& known_phantoms) {
    comparison out;
    const std::set<std::pair<std::string, std::string>> phantoms(known_phantoms.begin(),
                                                                 known_phantoms.end());
    std::set<job_id> there;
    for (const seen_job& s : seen) {
        const auto named = lifecycle::parse_sagemaker_name(s.name);
        if (!named) continue;
        ++out.listed;
        if (unaccounted(view, s.name)) {
            judge_unknown(s, installation, phantoms, out);
            continue;
        }
        const ledger_view::entry& e = *view.find(named->first);
        if (named->second == e.attempt && s.pool == e.pool) there.insert(named->first);
        judge_known(s, named->first, named->second, e, out);
    }
    for (const auto& [id, e] : view.jobs()) {
        const bool ran =
            e.state == state::running || e.state == state::stopping || e.state == state::succeeded;
        if (ran && !there.contains(id))
            out.violations.push_back({observed, damage::lost, id,
                                      fmt::format("the ledger says {}, SageMaker no longer has {} in {}",
                                                  to_string(e.state), e.name, e.pool)});
    }
    return out;
}

result<comparison> compare_with_sagemaker(const config::fleet& f, const aws::environment& env,
                                          const ledger_view& view, const std::string& ledger_file) {
    auto known = ledger::read_phantoms(ledger_file);
    if (!known) return known.error();
    std::vector<seen_job> seen;
    const wants_tags wants = [&](const lifecycle::found_job& j) {
        if (unaccounted(view, j.name)) return true;
        seen.push_back({j.pool, j.name, j.status, {}});
        return false;
    };
    auto tagged = sweep_fleet(f, env, wants);
    if (!tagged) return tagged.error();
    for (auto& j : *tagged) seen.push_back({j.pool, j.name, j.status, std::move(j.tags)});
    std::vector<std::pair<std::string, std::string>> phantoms;
    for (const auto& p : *known) phantoms.emplace_back(p.pool, p.name);
    return compare(f.installation, view, seen, phantoms);
}

}  // namespace trainyard::dispatcher
