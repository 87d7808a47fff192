// What a fleet file wants to be there. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "scheduler/config/fleet.hpp"
#include "scheduler/provision/resource.hpp"

namespace trainyard::provision {

inline constexpr int receives_max = 10;                // before a message goes to the dead-letter queue
inline constexpr int visibility_seconds = 30;          // as SQS has it; what is received is soon recorded
inline constexpr int job_retention_seconds = 604'800;  // 7 days
inline constexpr int longest_retention_seconds = 1'209'600;  // 14 days, SQS's most

struct surroundings {
    std::string hub_account;                         // whose queues these are
    std::map<std::string, std::string> definitions;  // of pipelines, by file
};

// A spoke role, which asks for an external id.
struct guarded_role {
    resource_id id;
    std::string arn;
    secret external_id;  // the fleet file's; empty: one has to be generated
};

struct wanted_fleet {
    std::vector<wanted_resource> resources;
    std::vector<guarded_role> guarded;
    std::string partition;
    std::vector<std::string> notes;  // what is left out, and why
};

// errc::invalid_argument when the fleet file asks for what cannot be; errc::limit when a document would not
// fit.
result<wanted_fleet> want(const config::fleet& f, const surroundings& s);

// The attribute external_id of every guarded role, from `guarded`; all must have one.
void put_external_ids(wanted_fleet& w);

std::string arn_of(const std::string& partition, const resource_id& id, const std::string& path = "/");
// trainyard-INSTALLATION, cut to `most` characters that every service takes; a cut name ends in a digest.
std::string name_for(const std::string& installation, std::string_view suffix, std::size_t most);

}  // namespace trainyard::provision
