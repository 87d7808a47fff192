// The jobs of a fleet as JSON lines: from the running dispatcher, or from its ledger when none runs.
#include <fmt/format.h>

#include <fstream>

#include "scheduler/cli/dispatcher_call.hpp"
#include "scheduler/cli/support.hpp"
#include "scheduler/dispatcher/pages.hpp"
#include "scheduler/ledger/ledger.hpp"

namespace trainyard::cli {
namespace {

result<std::string> from_running(const config::fleet& f) {
    auto answer = ask_dispatcher(f, {"GET", "/api/v1/jobs"});
    if (!answer) return answer.error();
    if (answer->status != 200)
        return error{errc::internal,
                     fmt::format("the dispatcher answered {}: {}", answer->status, answer->body)};
    return std::move(answer->body);
}

result<std::string> from_ledger(const config::fleet& f) {
    if (!std::ifstream{f.ledger_file})
        return error{errc::not_found,
                     fmt::format("there is no ledger {} yet; it begins with the first 'trainyard run'",
                                 f.ledger_file)};
    auto opened = ledger::ledger::open(f.ledger_file, f.installation);
    if (!opened) return opened.error();
    auto jobs = (*opened)->load();
    if (!jobs) return jobs.error();
    std::string lines;
    for (const lifecycle::job& j : *jobs) lines += dispatcher::job_line(j) + "\n";
    return lines;
}

}  // namespace

result<std::string> fetch_jobs(const config::fleet& f, jobs_source from) {
    auto lines = from_running(f);
    // The address outlives a dispatcher that was killed.
    if (!lines && from == jobs_source::dispatcher_or_ledger) lines = from_ledger(f);
    return lines;
}

}  // namespace trainyard::cli
