// What /api/v1 answers, as JSON texts made of the core's own figures. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/dispatcher/core.hpp"

namespace trainyard::dispatcher {

// The job that an operator means: by id, or by its name when one job alone has it.
struct found_job {
    const lifecycle::job* job = nullptr;
    int status = 200;     // of the answer: 404 nobody, 409 several
    std::string problem;  // why there is none
};
found_job find_job(const core& c, std::string_view id_or_name);

// One line of `trainyard jobs --json`.
std::string job_line(const lifecycle::job& j);
// Why it waits, and what became of it so far.
std::string explanation_page(const core& c, const lifecycle::job& j, wall_time now);
// What handle_cancel() has made of `before`.
std::string cancel_page(const lifecycle::job& before, const lifecycle::job& after);

// What a query names: tenant=T, pool=P, queue=Q, or nothing; errc::invalid_argument otherwise.
result<lifecycle::pause> read_pause(std::string_view query);
std::string pause_page(const core& c, const lifecycle::pause& which, bool changed);

// What has come of a queue since the start; every delivery counts as received, copies too.
struct queue_report {
    std::optional<mono_time> last_poll;  // with success
    std::size_t open_polls = 0;
    std::uint64_t received = 0, recorded = 0, deleted = 0;
};

// Who uses what; null where there is no limit. In pages_usage.cpp.
std::string pools_page(const core& c, instant now);
std::string tenants_page(const core& c);
// The policy's last decisions, oldest first, and what the pools were compared by.
std::string decisions_page(const core& c);
std::string queues_page(const core& c, const std::map<std::string, queue_report>& queues, instant now);

}  // namespace trainyard::dispatcher
