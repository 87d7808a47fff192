// The parts of admission: each gives the first thing that is wrong, or nothing. Internal to this folder.
// Pure.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/json.hpp"
#include "scheduler/lifecycle/admission.hpp"
#include "scheduler/lifecycle/kinds.hpp"

namespace trainyard::lifecycle {

using refused = std::optional<rejection>;

inline refused refuse(std::string pointer, std::string reason) {
    return rejection{std::move(reason), std::move(pointer)};
}

template <class List>
bool contains(const List& list, std::string_view x) {
    return std::find(list.begin(), list.end(), x) != list.end();
}

// Every value of the request, however deep: roles, accounts and regions of the tenant only, placeholders that
// exist, nothing that opens a door into the container. Depth is bounded by the JSON limits.
refused check_reach(json::value request, const std::string& at, const tenant_rules& tenant,
                    const std::string& tenant_name);

// What the kind's request must have, its demand, and how long it may run.
refused read_request(json::value envelope, json::value request, const std::string& at,
                     const tenant_rules& tenant, job_facts& facts);

// max_attempts, preemptible, pools, depends_on, waits: everything about scheduling but kind, tenant and
// priority.
refused read_envelope(json::value body, const queue_rules& rules, job_facts& facts);

}  // namespace trainyard::lifecycle
