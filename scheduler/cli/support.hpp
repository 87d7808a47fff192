// What several subcommands share.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "scheduler/config/fleet.hpp"

namespace trainyard::cli {

inline constexpr std::size_t input_bytes_max = 256U << 20U;

std::map<std::string, std::string> environment_variables();
// The whole file, or standard input for "-". Errors name the file.
result<std::string> read_text(const std::string& file);
result<config::fleet> load_fleet(const std::string& file);
// Every job as a line of JSON, from the running dispatcher or, when none runs and that is allowed, from the
// ledger. A ledger that is open keeps a dispatcher from starting, so who asks again and again leaves it
// alone.
enum class jobs_source { dispatcher, dispatcher_or_ledger };
result<std::string> fetch_jobs(const config::fleet& f, jobs_source from);

// "trainyard: MESSAGE" on standard error; gives the exit code that fits the error.
int complain(const error& e);
int complain(int code, std::string_view message);

}  // namespace trainyard::cli
