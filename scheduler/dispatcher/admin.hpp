// What an operator's tools read over HTTP: /metrics, /healthz, /readyz, /api/v1/. Loopback only.
#pragma once

#include <functional>
#include <string>

#include "engine/http/server.hpp"
#include "engine/metrics/registry.hpp"
#include "scheduler/dispatcher/core.hpp"
#include "scheduler/dispatcher/driver.hpp"

namespace trainyard::dispatcher {

// Ready: restored, and every queue was polled with success at most this long ago.
inline constexpr duration poll_age_max = std::chrono::seconds{45};

// A request that changes something may name the installation that it means, percent-encoded; another's
// dispatcher then refuses it.
inline constexpr std::string_view installation_field = "x-trainyard-installation";

// Registers the gauges that are read from the core at each rendering. Everything outlives the registry.
void register_gauges(metrics::registry& registry, const core& c, const driver& d,
                     const ledger::ledger_thread& l, const clock& time);

// Where POST /api/v1/backup leaves its copy. A caller names no path: nobody may have files written elsewhere.
inline std::string backup_file(const std::string& ledger) {
    return ledger + ".backup";
}

// What the pages show and change; all of it outlives them.
struct admin_parts {
    metrics::registry& registry;
    core& decisions;
    driver& work;
    const clock& time;
    ledger::ledger_thread& ledger;
    std::string installation;
    std::string backup_to;
};

http::handler make_admin_handler(admin_parts on);

}  // namespace trainyard::dispatcher
