// What the lifecycle asks for: records to make durable, effects to perform after them, and changes of quota.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "scheduler/lifecycle/kinds.hpp"

namespace trainyard::lifecycle {

namespace effect {
struct delete_message {
    std::string queue, message_id, receipt_handle;
};
// A copy of a refused message for the queue's reject queue; answered by handle_told().
struct copy_rejected {
    std::string queue, body, reason, job;
};
// The job has ended and its queue wants to know: a result, a copy for the reject queue, or both. At least
// once; answered by handle_told().
struct tell {
    job_id job;
};
// One attempt, as the calls on SageMaker need it.
struct attempt_ref {
    job_id job = 0;
    int attempt = 0;
    std::string pool, name;
    lifecycle::kind kind = lifecycle::kind::training;
    std::string arn;     // of a pipeline execution, once known
    std::string target;  // the pipeline
};
struct create : attempt_ref {};
// Describe the name and read its tags: is this attempt there, and is it ours?
struct verify : attempt_ref {};
// Describe the name: the List said something that needs detail, or nothing for too long.
struct describe : attempt_ref {};
// Stop, or delete an endpoint. It may come for an attempt that has ended: a failed endpoint is cleared away.
struct stop : attempt_ref {};
}  // namespace effect
using effect_t = std::variant<effect::delete_message, effect::copy_rejected, effect::create, effect::verify,
                              effect::describe, effect::stop, effect::tell>;

namespace quota {
struct make_pending {  // the scheduler may start it
    job_id job;
};
struct withdraw {  // pending no more, and not by a start
    job_id job;
};
struct release {  // its reservation is free
    job_id job;
};
struct restore {  // after a restart: it holds quota in its pool
    job_id job;
};
struct block {  // no permission: nothing of these resources for a while
    std::string pool;
    std::vector<demand_item> demand;
    std::string why;
};
struct refuse {  // ResourceLimitExceeded, or no capacity: no more than is in use, for a while
    job_id job;
    std::string pool;
    std::vector<demand_item> demand;
    std::string why;
};
struct accept {  // a start was accepted
    job_id job;
    std::string pool;
    std::vector<demand_item> demand;
};
}  // namespace quota
using quota_t = std::variant<quota::make_pending, quota::withdraw, quota::release, quota::restore,
                             quota::block, quota::refuse, quota::accept>;

struct batch {
    std::vector<record> records;
    std::vector<effect_t> effects;
    std::vector<quota_t> quota;
    bool empty() const { return records.empty() && effects.empty() && quota.empty(); }
};

}  // namespace trainyard::lifecycle
