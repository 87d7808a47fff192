#include "scheduler/sim/shares.hpp"

#include <algorithm>
#include <numeric>

namespace trainyard::sim {

void share_out(double capacity, std::vector<claim>& claims) {
    std::vector<std::size_t> order(claims.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        const double x = claims[a].demand * claims[b].weight, y = claims[b].demand * claims[a].weight;
        return x != y ? x < y : a < b;
    });
    double weight = 0;
    for (const claim& c : claims) weight += c.weight;
    // Those who want least for their weight are served first; what they leave raises the level of the others.
    for (const std::size_t i : order) {
        claim& c = claims[i];
        const double level = weight > 0 ? std::max(0.0, capacity) * c.weight / weight : 0;
        c.entitled = std::min(c.demand, level);
        capacity -= c.entitled;
        weight -= c.weight;
    }
}

std::size_t share_tree::find_or_make(const std::string& path) {
    if (const auto found = by_path_.find(path); found != by_path_.end()) return found->second;
    const std::size_t slash = path.rfind('/');
    const std::size_t parent = path.empty()                 ? 0
                               : slash == std::string::npos ? 0
                                                            : find_or_make(path.substr(0, slash));
    const std::size_t made = nodes_.size();
    nodes_.push_back({path, 1, parent, {}});
    if (made > 0) nodes_[parent].children.push_back(made);
    by_path_.emplace(path, made);
    return made;
}

share_tree::share_tree(const policy::settings& s, const name_list& tenants) {
    find_or_make("");
    for (const policy::tenant_config& t : s.tenants) nodes_[find_or_make(t.name)].weight = t.weight;
    for (const std::string& name : tenants.all()) of_tenant_.push_back(find_or_make(name));
}

std::vector<double> share_tree::entitlements(double capacity, const std::vector<double>& demands) const {
    std::vector<double> own(nodes_.size()), all(nodes_.size()), given(nodes_.size()), of_own(nodes_.size());
    for (std::size_t t = 0; t < demands.size(); ++t) own[of_tenant_[t]] += demands[t];
    all = own;
    for (std::size_t n = nodes_.size(); n-- > 1;) all[nodes_[n].parent] += all[n];
    given[0] = capacity;
    std::vector<claim> claims;
    for (std::size_t n = 0; n < nodes_.size(); ++n) {
        const node& x = nodes_[n];
        if (x.children.empty()) {
            of_own[n] = std::min(given[n], own[n]);
            continue;
        }
        claims.clear();
        for (const std::size_t c : x.children) claims.push_back({all[c], nodes_[c].weight, 0});
        // Jobs of an inner tenant stand beside its children as one more.
        if (own[n] > 0) claims.push_back({own[n], 1, 0});
        share_out(given[n], claims);
        for (std::size_t c = 0; c < x.children.size(); ++c) given[x.children[c]] = claims[c].entitled;
        if (own[n] > 0) of_own[n] = claims.back().entitled;
    }
    std::vector<double> out;
    for (std::size_t t = 0; t < demands.size(); ++t) out.push_back(of_own[of_tenant_[t]]);
    return out;
}

}  // namespace trainyard::sim
