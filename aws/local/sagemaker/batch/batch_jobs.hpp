// Processing and transform jobs of all accounts and regions: what the two kinds have in common. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/base/service.hpp"
#include "aws/local/base/state_change.hpp"
#include "aws/local/sagemaker/batch/batch_plan.hpp"
#include "aws/local/sagemaker/common/job_rules.hpp"
#include "aws/local/sagemaker/common/quota_book.hpp"
#include "aws/local/sagemaker/common/resource_index.hpp"

namespace trainyard::aws::local::sagemaker {

// How one kind names things.
struct batch_kind {
    std::string_view kind;      // in rules: "processing"
    std::string_view prefix;    // of members: "ProcessingJob", "Processing"
    std::string_view arn_part;  // "processing-job"
    std::string_view detail_type;
    std::string_view part;  // of what is kept
    instance_use use;
};
inline constexpr batch_kind processing_kind{"processing",           "Processing",
                                            "processing-job",       "SageMaker Processing Job State Change",
                                            "sagemaker.processing", instance_use::processing};
inline constexpr batch_kind transform_kind{"transform",           "Transform",
                                           "transform-job",       "SageMaker Transform Job State Change",
                                           "sagemaker.transform", instance_use::transform};

// What a create request asks for, as its kind reads it.
struct batch_request {
    std::string name;
    instance_counts instances;
    std::optional<duration> max_runtime;
    json::value environment;  // may say how the job goes; the README explains it
    std::map<std::string, std::string> tags;
};

struct batch_job {
    std::string name;
    wall_time created{};
    std::string body;  // the create request
    std::map<std::string, std::string> tags;
    instance_counts instances;
    std::string failure_reason;
    batch_timeline timeline;
    unsigned told = 0;  // changes of status that were taken: InProgress, Stopping when it has one, the end

    std::string_view status(wall_time now) const { return to_string(timeline.at(now)); }
    wall_time last_modified(wall_time now) const { return timeline.last_modified(now); }
};

class batch_jobs final : public kept_part {
public:
    // All outlive the jobs. `hidden_for`: how late new jobs appear.
    struct parts {
        quota_book& quotas;
        const job_rules& rules;
        double time_scale = 1;
        duration hidden_for{};
    };
    batch_jobs(const batch_kind& kind, parts p) : kept_part(kind.part), kind_(kind), parts_(p) {}

    service_reply create(const operation_call& call, batch_request request);
    service_reply describe(const operation_call& call);
    service_reply list(const operation_call& call);
    service_reply stop(const operation_call& call);
    service_reply remove(const operation_call& call);  // of jobs that are over; frees the name

    // Nothing: no such job of the caller's account and region. `arn`: any text.
    std::map<std::string, std::string>* tags(const operation_call& call, std::string_view arn);
    // When the job changes its status by itself; nothing for one that is over or does not exist.
    std::optional<wall_time> next_change(const account_id& account, const region_name& region,
                                         std::string_view name, wall_time now);
    std::map<std::string, std::size_t> count_by_status(wall_time now) const;
    // Every job as its describe call tells it, with its tags: records for Search.
    std::vector<std::string> records(const account_id& account, const region_name& region, wall_time now);

    std::optional<wall_time> next_event_time() const;
    void take_events(wall_time now, std::vector<state_change>& out);

private:
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;

    struct region_jobs {
        explicit region_jobs(duration hidden_for) : index(hidden_for) {}
        resource_index<batch_job> index;
        std::set<std::pair<wall_time, std::string>> ends;  // of jobs that hold instances
    };
    using region_key = std::pair<account_id, region_name>;
    struct change {
        region_key where;
        std::string name;
        batch_status to;
    };

    std::string member(std::string_view rest) const;  // "ProcessingJob" + rest
    std::string arn(const region_key& where, std::string_view name) const;
    region_jobs& jobs(const region_key& where, wall_time now);
    batch_job* named(const operation_call& call, region_jobs& in);
    void touched(const region_key& where, const batch_job& job);
    service_error not_found(const operation_call& call) const;
    void write_state(json::writer& out, const batch_job& job, wall_time now, bool millis) const;
    std::string record(const region_key& where, const batch_job& job, wall_time now, bool with_tags) const;
    void plan_events(const region_key& where, const batch_job& job, wall_time from);
    state_change event(wall_time when, const change& c, const batch_job& job) const;

    batch_kind kind_;
    parts parts_;
    std::map<region_key, region_jobs> regions_;
    std::multimap<wall_time, change> changes_;  // to be told
};

// The Tags of a request.
std::map<std::string, std::string> read_tag_list(json::value tags);

}  // namespace trainyard::aws::local::sagemaker
