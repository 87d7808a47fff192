// From what is wanted and what is there to what has to be done. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/provision/resource.hpp"

namespace trainyard::provision {

enum class action : std::uint8_t { create, update, destroy };

struct change {
    std::string attribute;
    std::optional<std::string> before, after;  // nothing: it is not there
};

struct step {
    provision::action action = action::create;
    resource_id id;
    std::vector<change> changes;
};

// What stands in the way and is not ours to change.
struct refusal {
    resource_id id;
    std::string reason;
};

struct plan {
    std::vector<step> steps;        // in the order in which they can be done
    std::vector<refusal> refusals;  // of a plan to apply: nothing is done while there are any
};

plan make_plan(const std::vector<wanted_resource>& wanted, const observation& seen,
               const std::string& installation);

// Of what is wanted, that which exists and carries this installation's tag is destroyed; the rest of what
// exists stands in `refusals` and stays.
plan make_destruction(const std::vector<wanted_resource>& wanted, const observation& seen,
                      const std::string& installation);

}  // namespace trainyard::provision
