// Models, endpoints, pipelines, tags and Search of every account and region: their rows of the table of
// operations, and what keeps them going. Pure: the time comes with each call.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/base/state_change.hpp"
#include "aws/local/sagemaker/common/due_index.hpp"
#include "aws/local/sagemaker/common/job_rules.hpp"
#include "aws/local/sagemaker/common/operation_table.hpp"
#include "aws/local/sagemaker/common/quota_book.hpp"
#include "aws/local/sagemaker/pipeline_jobs.hpp"
#include "aws/local/sagemaker/pipelines/pipeline_store.hpp"
#include "aws/local/sagemaker/resources/resource_store.hpp"
#include "aws/local/sagemaker/resources/tag_operations.hpp"
#include "aws/local/sagemaker/search/search.hpp"

namespace trainyard::aws::local::sagemaker {

struct resource_settings {
    double time_scale = 1;  // above 0
    std::uint64_t seed = 0;
    duration hidden_for{};  // how long what is new stays unknown to other operations
};

// What a pipeline's callback step sends.
struct callback_message {
    account_id account;
    region_name region;
    std::string queue_url, body;
    std::string role_arn;  // of the execution, as which it is sent
};

// The rest of the local AWS. What is null or empty is not there: no quota, no failures, nobody
// hears of changes, and no job has tags or is found by Search.
struct resource_hooks {
    pipeline_job_hooks jobs;  // `handle` has to be there when a pipeline is started
    quota_book* quotas = nullptr;
    const job_rules* rules = nullptr;
    std::function<resources::tag_map*(const account_id&, const region_name&, std::string_view arn)> job_tags;
    // All jobs of a type of Search: "TrainingJob", "HyperParameterTuningJob".
    std::function<std::vector<search::record>(const account_id&, const region_name&, std::string_view type,
                                              wall_time now)>
        job_records;
    std::function<void(state_change)> tell;
    std::function<void(callback_message)> send;
};

class resource_service final : public kept_part {
public:
    resource_service(resource_settings settings, resource_hooks hooks);
    ~resource_service();

    // The rows refer to this object.
    void add_operations(operation_table& table);

    // Everything that became due until `now`, in every account and region.
    void advance(wall_time now);
    // When advance() has something to do next.
    std::optional<wall_time> next() const;
    // A client acted on jobs: pipelines look at theirs again. Ignored while one of the rows is at work.
    void jobs_touched(const account_id& account, const region_name& region, wall_time now);

    result<void> restored() override;

private:
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;
    struct home;  // what one account has in one region
    home& at(const account_id& account, const region_name& region);
    void add_resources(operation_table& table);
    void add_pipelines(operation_table& table);
    void add_tags_and_search(operation_table& table);
    // The answer of `act` with everything due done before and after.
    service_reply run(const operation_call& call, const std::function<service_reply(home&)>& act);
    service_reply search(home& h, const operation_call& call, bool suggestions);

    resource_settings settings_;
    resource_hooks hooks_;
    std::map<std::pair<account_id, region_name>, std::unique_ptr<home>> homes_;
    due_index<home> due_;
    void note(home& h);
    bool at_work_ = false;
};

}  // namespace trainyard::aws::local::sagemaker
