// A plan and its outcome as text and as JSON. Pure. Secrets are told as changed, never in words.
#pragma once

#include <string>

#include "scheduler/provision/plan.hpp"
#include "scheduler/provision/provisioner.hpp"

namespace trainyard::provision {

// "+ queue 000000000000/us-east-1/jobs": + made, ~ changed, - destroyed.
std::string headline(const step& s);
// Every step with its changes, then what stands in the way, then the sum in one line.
std::string show_plan(const plan& p);
// {"changes":[...],"refused":[...],"notes":[...],"queue_urls":{...},"role_arns":{...},"pipeline_arns":{...}};
// with one queue of jobs also "queue_url", with one pipeline "pipeline_arn". URLs of what exists alone.
std::string show_json(const view& v, const config::fleet& f, bool destroyed);

}  // namespace trainyard::provision
