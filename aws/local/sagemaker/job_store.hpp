// The training jobs of one account and region as a value. No clock and no background work: a job's status is
// computed from its timeline at the time asked for. Creating, stopping, finding and the default listing cost
// O(log n).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aws/local/sagemaker/job_timeline.hpp"
#include "engine/base/time.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local {

struct job_request {
    std::string name;
    std::map<std::string, std::int64_t> instances;  // count by type, instance groups added up
    bool spot = false;
    job_plan plan;
    std::string body;  // the CreateTrainingJob input, as JSON, to be echoed
    std::map<std::string, std::string> tags;
};

struct training_job {
    job_request request;
    wall_time created{};
    job_timeline timeline;

    job_phase phase(wall_time now) const { return timeline[timeline.at(now)].phase; }
    job_status status(wall_time now) const { return status_of(phase(now)); }
    wall_time last_modified(wall_time now) const { return timeline[timeline.at(now)].start; }
};

// How many instances of a type may be in use at once: a default, and exceptions by "account/region/type" with
// "*" for any. The exception with more parts named wins; between two with as many, the type counts most, then
// the account.
class instance_limits {
public:
    instance_limits(std::int64_t otherwise, std::map<std::string, std::int64_t> exceptions);
    std::int64_t limit(const account_id& account, const region_name& region, const std::string& type) const;
    // Of exactly that account, region and type.
    void set(const account_id& account, const region_name& region, const std::string& type, std::int64_t n);

private:
    std::int64_t otherwise_;
    std::map<std::string, std::int64_t> exceptions_;
};

struct list_request {
    enum class sort : unsigned char { creation_time, name, status };
    std::optional<wall_time> created_after, created_before, modified_after, modified_before;  // exclusive
    std::string name_contains;
    std::optional<std::string> status_equals;  // applied after the page is cut, as SageMaker does it
    sort by = sort::creation_time;
    bool ascending = false;
    std::size_t max = 10;
    std::string token;  // of the page before; empty: the first page
};

struct list_page {
    std::vector<const training_job*> jobs;  // until the next create
    std::string next_token;                 // empty: the last page
};

class job_store {
public:
    struct created {
        const training_job* job;
    };
    struct duplicate {};
    struct over_limit {
        std::string resource;  // ml.m5.large for training job usage
        std::int64_t limit = 0, in_use = 0, delta = 0;
    };
    using create_outcome = std::variant<created, duplicate, over_limit>;
    struct stop_outcome {
        bool found = false, stopped = false;
        job_status status{};  // before the call
    };

    // `limits` outlives the store.
    job_store(account_id account, region_name region, const instance_limits& limits, double time_scale);

    // Creation times never decrease, whatever the clock does, and are whole milliseconds.
    create_outcome create(job_request request, wall_time now);
    stop_outcome stop(std::string_view name, wall_time now);
    const training_job* find(std::string_view name) const;
    // False when there is no such job.
    bool add_tags(std::string_view name, const std::map<std::string, std::string>& tags);

    // Nothing when the token is not one of this listing. LastModifiedTime and NameContains look at each job
    // between two matches; sorting by status looks at every job.
    std::optional<list_page> list(const list_request& request, wall_time now) const;

    std::int64_t in_use(const std::string& type, bool spot, wall_time now);
    std::map<std::string, std::size_t> count_by_status(wall_time now);  // O(jobs that run)
    std::size_t size() const { return jobs_.size(); }

private:
    using usage_key = std::pair<std::string, bool>;  // instance type, spot
    bool matches(const training_job& job, const list_request& r, wall_time now) const;
    void release(wall_time now);

    account_id account_;
    region_name region_;
    const instance_limits& limits_;
    double time_scale_;
    std::deque<training_job> jobs_;  // in order of creation
    std::map<std::string, std::size_t, std::less<>> by_name_;
    std::set<std::pair<wall_time, std::size_t>> ends_;  // of jobs whose instances are in use
    std::map<usage_key, std::int64_t> usage_;
    std::map<std::string, std::size_t> finished_;  // by status
};

}  // namespace trainyard::aws::local
