// fleet.yaml as values: what the operator wrote, checked and with every default filled in.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"
#include "engine/base/secret.hpp"
#include "engine/base/time.hpp"
#include "scheduler/policy/scheduler.hpp"

namespace trainyard::config {

// CreateTrainingJob and its kin have small account-wide rates that AWS does not raise.
struct api_rates {
    double create = 1, stop = 1, describe = 5, list = 2;  // calls a second, for each account and region
};

struct pool {
    std::string name;  // "<account>/<region>"
    std::string account, region;
    std::string role;    // empty: the process's own credentials
    secret external_id;  // empty: none
    std::string execution_role, bucket;
    api_rates rates;
};

struct tenant {
    std::string name;
    std::vector<std::string> pools;  // names; empty: all
    std::vector<std::string> roles;  // role ARNs that its messages may name
};

struct queue {
    std::string name;  // as shown in metrics and records
    std::string url;   // empty: looked up by name at start
    std::string region;
    std::vector<std::string> tenants;  // the first is the default
    std::string max_priority;          // a name of `priorities`
    std::string default_kind = "training";
    std::string reject_queue;   // name or URL; empty: none
    std::string results_queue;  // told of the end of every job; name or URL; empty: none
    // FIFO queues: jobs of one message group start in the order in which they were sent, each when the one
    // before it was started, or has ended: "none", "start", "end".
    std::string group_order = "none";
    double weight = 1;  // its share of receives beyond the one that every queue has, 0.01 to 100
    // S3 buckets from which a message's body may be read when it is too large for SQS (Amazon's extended
    // client library); empty: such messages are refused.
    std::vector<std::string> payload_buckets;
};

// Where EventBridge puts SageMaker's events, of one account and region or of many.
struct event_queue {
    std::string name, url;  // url empty: looked up by name at start
    std::string region;
};

// A SageMaker pipeline that stands in every pool, or in those that are named.
struct pipeline {
    std::string name;
    std::string definition_file;     // JSON; ${pool.*} as in a message
    std::vector<std::string> pools;  // names; empty: all
};

// What `trainyard provision` needs beyond what a fleet says anyway.
struct provisioning {
    std::string admin_role = "OrganizationAccountAccessRole";  // name; assumed in accounts that are not ours
    std::string hub_role = "trainyard-hub";  // name; what `trainyard run` works as; empty: hub_principals do
    std::vector<std::string>
        hub_principals;                // ARNs and services that may take the hub role; empty: the account
    std::vector<std::string> senders;  // accounts and ARNs that may send to the queues of jobs
    std::vector<std::string>
        managed_policies;               // ARNs, on execution roles; empty: a document of least privilege
    std::vector<std::string> existing;  // ARNs of roles, names of queues that are kept elsewhere
    std::map<std::string, std::string> tags;
    std::vector<pipeline> pipelines;
};

struct fleet {
    std::string installation;
    std::string ledger_file;
    std::string admin_address = "127.0.0.1";
    std::uint16_t admin_port = 0;
    bool admin = true;
    duration reconcile = std::chrono::seconds{30};
    duration retention = std::chrono::hours{24 * 30};  // of jobs that have ended, at least the 14 days of SQS
    int receivers_per_queue = 4;
    bool discovers = false;  // accounts that do not say otherwise take their limits from Service Quotas
    duration discover_every = std::chrono::minutes{10};
    std::vector<config::pool> pools;
    std::vector<config::tenant> tenants;
    std::vector<config::queue> queues;
    std::vector<config::event_queue> events;  // none: ends are found by listing alone
    std::map<std::string, int> priorities{{"low", 0}, {"normal", 100}, {"high", 200}};
    std::string default_priority = "normal";
    policy::settings policy;
    config::provisioning provision;
};

// `file` only names the source in messages. Errors are errc::invalid_argument: "fleet.yaml:12:5: unknown key
// 'limit' under accounts[0]; known keys are ...". `${env:NAME}` in a string takes the variable's value from
// `lookup` (an empty answer is an error). A relative ledger path is taken from `directory`.
result<fleet> parse_fleet(std::string_view yaml, const std::string& file, const std::string& directory,
                          const std::map<std::string, std::string>& environment);

}  // namespace trainyard::config
