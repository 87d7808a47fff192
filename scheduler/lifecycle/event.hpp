// EventBridge's events about jobs, read as hints. Pure. They may be lost, repeated, late, in any order, about
// somebody else's job, or forged: nothing is believed but where to look.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "scheduler/lifecycle/kinds.hpp"

namespace trainyard::lifecycle {

struct job_event {
    std::string account, region;
    lifecycle::kind kind = lifecycle::kind::training;
    std::string name;    // of a pipeline execution its ARN
    std::string status;  // in the words of the kind's Describe
};

// Nothing for everything that is no state change of a job: other sources, steps of pipelines, broken texts.
std::optional<job_event> read_event(std::string_view body);

}  // namespace trainyard::lifecycle
