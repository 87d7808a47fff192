// Policy documents of least privilege. Pure. What each statement is for and which condition keys there are:
// IAM's service authorization reference for SageMaker, SQS, EventBridge and STS. List* operations of
// SageMaker have no resource, and no key says which role or image a job uses: iam:PassRole guards the roles.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace trainyard::provision {

// All of a role's inline policies together, without white space.
inline constexpr std::size_t inline_policy_max = 10'240;
inline constexpr std::size_t queue_policy_max = 8'192;

struct hub_reach {
    std::string partition;
    std::vector<std::string> consumed, sent_to;  // ARNs of queues
    std::vector<std::string> spokes;             // ARNs of roles
    std::vector<std::string> payload_buckets;    // names
};
std::string hub_policy(const hub_reach& r);

struct spoke_reach {
    std::string partition, account, installation;
    std::set<std::string> regions;
    std::set<std::string> instance_types;   // that the fleet file offers there; empty: any
    std::vector<std::string> passed_roles;  // execution roles
};
// What `trainyard run` does in an account where jobs run.
std::string spoke_policy(const spoke_reach& r);

struct execution_reach {
    std::string partition, account, role_arn, bucket;  // bucket: "s3://name/prefix", or empty
    bool runs_pipelines = false;                       // whose steps start jobs with this role
};
std::string execution_policy(const execution_reach& r);

// Who may take a role: ARNs, account ids, services. `external_id`: asks for one, as external_id_place.
std::string trust_of(const std::vector<std::string>& principals, const std::string& partition,
                     bool external_id);
// SageMaker alone, for this account's own work alone (the confused deputy).
std::string execution_trust(const std::string& account);
std::string events_trust(const std::string& account);
std::string events_policy(const std::vector<std::string>& queues);  // may send to them

// Rules of EventBridge, and the roles by which those of other accounts reach the queue; nobody else.
std::string events_queue_policy(const std::string& queue, const std::vector<std::string>& rules,
                                const std::vector<std::string>& roles);
std::string senders_policy(const std::string& queue, const std::string& partition,
                           const std::vector<std::string>& senders);

}  // namespace trainyard::provision
