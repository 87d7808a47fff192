// Workloads from text: the Standard Workload Format, CSV, and JSON lines. Pure; whoever calls has read the
// file and unpacked it. An error names file and line ("log.swf:12: ..."); rows that are well-formed but say
// nothing to simulate (no run time, no size: jobs that were cancelled before they started) are counted and
// left out.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "scheduler/sim/workload.hpp"

namespace trainyard::sim {

inline constexpr std::size_t line_bytes_max = 1U << 20U;  // an SQS message body with its envelope
inline constexpr std::size_t columns_max = 200;           // of a CSV file

// Which field of an SWF line is the tenant.
enum class swf_tenant { user, group, queue, partition, none };

struct read_options {
    std::string file = "workload";  // in messages
    std::string resource = "unit";  // what "units" count, where the source does not say
    swf_tenant tenant = swf_tenant::user;
    std::map<std::string, std::string> columns;  // CSV: what (see csv_fields) -> column of the header
    std::map<std::string, int> priorities{{"low", 0}, {"normal", 100}, {"high", 200}};  // by name
};

// Feitelson, Tsafrir, Krakov: "Experience with using the Parallel Workloads Archive" (2014); 18 numbers a
// line, -1 for what is not known, comments after ';'. Units are the requested processors, or those allocated
// where none are requested. The class is the queue.
result<workload> read_swf(std::string_view text, const read_options& o);

// RFC 4180 with a header. Each field is found by read_options::columns, else by the usual names of its
// column. Needed: submit, and run or both start and end. Times are seconds or ISO 8601.
result<workload> read_csv(std::string_view text, const read_options& o);
// "job, submit, run, ..." for help texts and messages.
std::string csv_fields();

// One JSON object a line: a message as one sends it (README.md of the repository) with "submit" and "run"
// beside its members, or a line of `trainyard simulate --json`, or any object with the members that README.md
// here lists.
result<workload> read_jsonl(std::string_view text, const read_options& o);

}  // namespace trainyard::sim
