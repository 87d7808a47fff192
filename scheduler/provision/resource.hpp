// What provisioning makes, as attributes that are text: one form for every kind, so that one planner compares
// them all. Pure.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard::provision {

enum class kind : std::uint8_t { queue, role, pipeline, rule };
std::string_view to_string(kind k);

struct resource_id {
    provision::kind kind = kind::queue;
    std::string account, region;  // a role has no region
    std::string name;
    friend auto operator<=>(const resource_id&, const resource_id&) = default;
};
std::string to_string(const resource_id& id);  // queue 111111111111/us-east-1/jobs

// queue:    SQS's own names
// role:     path, trust, external_id; policy:NAME, attached:ARN
// pipeline: definition, role
// rule:     pattern, state; target:ID
// all:      tag:KEY
// A trust policy stands here with `external_id_place` in the place of the external id, which is a secret.
using attributes = std::map<std::string, std::string>;
inline constexpr std::string_view external_id_place = "${external_id}";

// Tags of what is ours: owner_tag has the installation's name as its value, as jobs have.
inline constexpr std::string_view owner_tag = "trainyard:owner";

// Parts that belong to the resource as a whole: one that nobody wants is drift, and removed.
bool is_exclusive(std::string_view attribute);
// Shown as changed, never in words.
bool is_secret(std::string_view attribute);

struct wanted_resource {
    resource_id id;
    int rank = 0;  // made in ascending order, destroyed in descending
    provision::attributes attributes;
};

struct observed_resource {
    std::string arn;
    std::string url;    // of a queue
    std::string owner;  // the value of owner_tag; empty: none
    provision::attributes attributes;
};

using observation = std::map<resource_id, observed_resource>;  // what does not exist is not there

}  // namespace trainyard::provision
