// From a message to a job: parse, check, take the demand from the request. Pure. Whatever is wrong becomes a
// rejection with its reason and the JSON pointer of the culprit; a message can never reach beyond its queue's
// tenants.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scheduler/lifecycle/job.hpp"

namespace trainyard::lifecycle {

inline constexpr int attempts_limit = 100;
inline constexpr std::int64_t instances_limit = 100'000;

struct tenant_rules {
    std::vector<std::string> pools;     // every pool it may use
    std::vector<std::string> accounts;  // of those pools
    std::vector<std::string> roles;     // role ARNs that a message may name
};

// What one queue's messages may ask for; comes from the configuration, never from a message.
struct queue_rules {
    std::string queue;
    std::vector<std::string> tenants;           // the first is the default
    std::map<std::string, tenant_rules> rules;  // by tenant
    std::map<std::string, int> priorities;
    std::string default_priority;
    int priority_cap = 0;
    std::string default_kind = "training";
    lifecycle::group_rule group_order = lifecycle::group_rule::none;  // of jobs of one message group
};

struct incoming_message {
    std::string queue;
    std::string message_id;
    std::string deduplication_id;  // FIFO; empty: none
    std::string group_id{};        // FIFO; empty: none
    std::string body;
    std::map<std::string, std::string> attributes;  // trainyard.kind, trainyard.tenant, trainyard.priority
    int receive_count = 1;                          // as SQS counts, this time included
    // Why the body that the message points to could not be had, and never will; empty: `body` is it.
    std::string unreadable{};
};

struct rejection {
    std::string reason;
    std::string pointer;  // RFC 6901; empty: the message as a whole
};

struct admission {
    job_facts facts;      // without id and accepted time; as far as known when rejected
    std::string request;  // the SageMaker request, less its name, with placeholders
    std::optional<rejection> refused;
};

// The key under which a message is remembered for at least 14 days.
std::string dedup_key(const incoming_message& m);

admission admit(const incoming_message& m, const queue_rules& rules);

}  // namespace trainyard::lifecycle
