#include "scheduler/lifecycle/reconcile.hpp"

#include <algorithm>
#include <charconv>

namespace trainyard::lifecycle {
namespace {

std::string_view tag(const found_job& f, const char* key) {
    const auto found = f.tags.find(key);
    return found == f.tags.end() ? std::string_view{} : std::string_view{found->second};
}

int to_attempt(std::string_view text) {
    int n = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), n);
    return failed == std::errc{} && end == text.data() + text.size() ? n : 0;
}

// The later attempt is the one that may be alive; of two with the same number the first listed.
bool is_ahead(const job& j, int attempt) {
    return !is_terminal(j.state) && (attempt > j.attempt || (attempt == j.attempt && !holds_quota(j.state)));
}

}  // namespace

std::optional<std::pair<job_id, int>> parse_sagemaker_name(std::string_view name) {
    const auto dash = name.rfind('-');
    if (!name.starts_with("ty-") || dash == std::string_view::npos || dash < 17 || name[dash - 14] != '-')
        return std::nullopt;
    const auto id = parse_job_id(name.substr(dash - 13, 13));
    const int attempt = to_attempt(name.substr(dash + 1));
    if (!id || attempt < 1) return std::nullopt;
    return std::pair{*id, attempt};
}

bool may_be_forgotten(const found_job& f, const std::map<job_id, const job*>& jobs) {
    const auto named = parse_sagemaker_name(f.name);
    if (!named) return false;
    const auto known = jobs.find(named->first);
    if (known == jobs.end()) return true;
    const job& j = *known->second;
    return is_ahead(j, named->second) || named->second > j.attempt;
}

reconciliation reconcile(const std::string& installation, std::vector<job>& jobs,
                         const std::vector<found_job>& found, wall_time now) {
    reconciliation out;
    std::map<job_id, job*> by_id;
    for (job& j : jobs) by_id.emplace(j.facts.id, &j);
    std::map<job_id, forgotten> ahead;
    for (const found_job& f : found) {
        const auto id = parse_job_id(tag(f, "trainyard:job"));
        const int attempt = to_attempt(tag(f, "trainyard:attempt"));
        if (tag(f, "trainyard:owner") != installation || !id || attempt < 1) {
            ++out.foreign;
            continue;
        }
        const auto known = by_id.find(*id);
        if (known == by_id.end() || tag(f, "trainyard:spec") != known->second->facts.spec_hash) {
            out.phantoms.push_back({f, *id, attempt});
            continue;
        }
        const job& j = *known->second;
        if (is_ahead(j, attempt)) {
            const auto [best, first] = ahead.try_emplace(*id, forgotten{f, *id, attempt});
            if (!first && best->second.attempt < attempt) best->second = {f, *id, attempt};
            continue;
        }
        // What the ledger ended before it began cannot come from it.
        if (attempt > j.attempt) {
            out.phantoms.push_back({f, *id, attempt});
            continue;
        }
        ++out.known;
    }
    for (auto& [id, a] : ahead) {
        job& j = *by_id.at(id);
        j.state = state::starting;
        j.attempt = a.attempt;
        j.pool = a.what.pool;
        j.sagemaker_name = a.what.name;
        j.reason = found_after_restore;
        j.not_before.reset();
        j.updated = now;
        record r;
        r.id = id;
        r.to = j.state;
        r.attempt = j.attempt;
        r.pool = j.pool;
        r.sagemaker_name = j.sagemaker_name;
        r.reason = j.reason;
        r.when = now;
        out.records.push_back(std::move(r));
    }
    return out;
}

}  // namespace trainyard::lifecycle
