// The journal of accepted job operations: one JSON line each, appended with one write() before the answer
// goes out, so that it tells what AWS was asked even when a client, or this process, is killed right after.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"
#include "engine/base/time.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local {

class job_journal {
public:
    job_journal() = default;  // writes nothing
    ~job_journal();
    job_journal(const job_journal&) = delete;
    job_journal& operator=(const job_journal&) = delete;

    // Creates the file (mode 0600) or appends to it.
    result<void> open(const std::string& file);
    // {"op":"create","account":...,"region":...,"name":...,"time":seconds,"tags":{...}}; a stop has no tags.
    result<void> create(const account_id& account, const region_name& region, std::string_view name,
                        wall_time when, const std::map<std::string, std::string>& tags);
    result<void> stop(const account_id& account, const region_name& region, std::string_view name,
                      wall_time when);

private:
    result<void> append(std::string line);
    int descriptor_ = -1;
    std::string file_;
};

}  // namespace trainyard::aws::local
