// The tuning operations of every account and region.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/base/state_change.hpp"
#include "aws/local/sagemaker/common/due_index.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"
#include "aws/local/sagemaker/tuning/tuning_store.hpp"

namespace trainyard::aws::local::sagemaker {

class tuning_service final : public kept_part {
public:
    // `jobs` and `quotas` outlive the service.
    tuning_service(training_starter& jobs, const quota_book& quotas, const tuning_settings& settings);

    // The rows refer to this service.
    void add_operations(operation_table& table);

    // Everything that became due until `now`; times must not decrease. Before every operation on jobs, and
    // after the training jobs have given back what they no longer use.
    void advance(wall_time now);
    // The training jobs of that account and region were stopped or deleted by somebody.
    void look_again(const account_id& account, const region_name& region, wall_time now);
    // When advance() has something to do next.
    std::optional<wall_time> next() const;
    // When something becomes due or is to be told; in the past where it is to be told at once.
    std::optional<wall_time> next_event_time() const;
    // Advances, and appends the changes of state until `now`, each once.
    void take_events(wall_time now, std::vector<state_change>& out);

    // Nothing: no such job of the caller's account and region. `arn`: any text.
    std::map<std::string, std::string>* tags(const operation_call& call, std::string_view arn);
    // When the job may change its status; nothing for one that is over and for one that does not exist.
    std::optional<wall_time> next_change(const account_id& account, const region_name& region,
                                         std::string_view name);
    // Every job as its describe call tells it, with its tags, by ARN: records for Search.
    std::vector<std::pair<std::string, std::string>> records(const account_id& account,
                                                             const region_name& region, wall_time now);
    std::map<std::string, std::size_t> count_by_status() const;

    result<void> restored() override;

private:
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;
    service_reply create(const operation_call& call);
    service_reply describe(const operation_call& call);
    service_reply list(const operation_call& call);
    service_reply list_training_jobs(const operation_call& call);
    tuning_store& store(const account_id& account, const region_name& region);
    void touch_job(const account_id& account, const region_name& region, const tuning_job& job,
                   std::optional<std::size_t> trial);
    tuning_store& store(const operation_call& call) { return store(call.who.account, call.region); }

    training_starter& jobs_;
    const quota_book& quotas_;
    tuning_settings settings_;
    std::map<std::pair<account_id, region_name>, tuning_store> stores_;
    using placed_store = std::pair<const std::pair<account_id, region_name>, tuning_store>;
    due_index<placed_store> due_, to_tell_;
    void note(placed_store& in) {
        due_.set(in, in.second.next());
        to_tell_.set(in, in.second.next_to_tell());
    }
    // By the name of the job, whose trials come after it; with its number in the order of creation.
    using numbered_job = std::pair<std::uint64_t, tuning_job>;
    std::map<std::pair<account_id, region_name>, std::map<std::string, numbered_job>> restoring_;
};

}  // namespace trainyard::aws::local::sagemaker
