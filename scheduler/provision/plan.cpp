#include "scheduler/provision/plan.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "scheduler/provision/canonical.hpp"

namespace trainyard::provision {
namespace {

std::string not_ours(const observed_resource& o, const std::string& installation) {
    if (o.owner.empty())
        return fmt::format("it exists and was not made by Trainyard (it has no tag {})", owner_tag);
    return fmt::format("it belongs to the installation '{}', not to '{}'", o.owner, installation);
}

std::vector<change> differences(const attributes& want, const attributes& have) {
    std::vector<change> out;
    for (const auto& [name, value] : want) {
        const auto found = have.find(name);
        if (found == have.end())
            out.push_back({name, {}, value});
        else if (!same_text(found->second, value))
            out.push_back({name, found->second, value});
    }
    for (const auto& [name, value] : have)
        if (is_exclusive(name) && !want.contains(name)) out.push_back({name, value, {}});
    return out;
}

std::vector<const wanted_resource*> in_order(const std::vector<wanted_resource>& all, bool ascending) {
    std::vector<const wanted_resource*> out;
    for (const wanted_resource& w : all) out.push_back(&w);
    // Equals stay in their order, which is that of their places.
    std::sort(out.begin(), out.end(), [ascending](const auto* a, const auto* b) {
        if (a->rank == b->rank) return a < b;
        return ascending ? a->rank < b->rank : a->rank > b->rank;
    });
    return out;
}

}  // namespace

plan make_plan(const std::vector<wanted_resource>& wanted, const observation& seen,
               const std::string& installation) {
    plan out;
    for (const wanted_resource* w : in_order(wanted, true)) {
        const auto found = seen.find(w->id);
        if (found == seen.end()) {
            out.steps.push_back({action::create, w->id, differences(w->attributes, {})});
            continue;
        }
        const observed_resource& o = found->second;
        if (o.owner != installation) {
            out.refusals.push_back(
                {w->id, not_ours(o, installation) +
                            ": give ours another name, or list it under provision.existing"});
            continue;
        }
        auto changes = differences(w->attributes, o.attributes);
        const bool moved = std::any_of(changes.begin(), changes.end(),
                                       [](const change& c) { return c.attribute == "path"; });
        if (moved)
            out.refusals.push_back(
                {w->id, fmt::format("it stands under the path {}, which cannot be changed: "
                                    "correct the ARN in the fleet file",
                                    o.attributes.at("path"))});
        else if (!changes.empty())
            out.steps.push_back({action::update, w->id, std::move(changes)});
    }
    return out;
}

plan make_destruction(const std::vector<wanted_resource>& wanted, const observation& seen,
                      const std::string& installation) {
    plan out;
    for (const wanted_resource* w : in_order(wanted, false)) {
        const auto found = seen.find(w->id);
        if (found == seen.end()) continue;
        if (found->second.owner != installation) {
            out.refusals.push_back({w->id, not_ours(found->second, installation) + ": it stays"});
            continue;
        }
        step s{action::destroy, w->id, {}};
        for (const auto& [name, value] : found->second.attributes) s.changes.push_back({name, value, {}});
        out.steps.push_back(std::move(s));
    }
    return out;
}

}  // namespace trainyard::provision
