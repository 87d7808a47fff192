// One request to the running dispatcher of a fleet, found by the address that it left beside its ledger.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/result.hpp"
#include "scheduler/config/fleet.hpp"

namespace trainyard::cli {

struct dispatcher_call {
    std::string method, target;
};
struct dispatcher_answer {
    int status = 200;
    std::string body;
};

// errc::unreachable when none runs, or none answers; its text says what to do.
result<dispatcher_answer> ask_dispatcher(const config::fleet& f, const dispatcher_call& what);
// "/api/v1/jobs/" and the job's id or name.
std::string job_target(std::string_view job);
// What the dispatcher refused, as an exit code: its own words on standard error.
int complain(const dispatcher_answer& refused);

// Asks, and shows the answer's object: as it is, or by `show`. The exit code, with what was wrong told.
int show_answer(const std::string& fleet_file, const dispatcher_call& what, bool as_json,
                const std::function<void(json::value)>& show);

// A member of an object as text: strings as they are, numbers as written, else nothing.
std::string text_of(json::value object, std::string_view key);
// Of a member in seconds since 1970, in UTC; "-" when there is none.
std::string time_of(json::value object, std::string_view key);
// Columns as wide as their widest cell; the first row is the heading. For standard output.
void print_table(const std::vector<std::vector<std::string>>& rows);

}  // namespace trainyard::cli
