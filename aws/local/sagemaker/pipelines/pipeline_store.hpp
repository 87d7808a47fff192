// The pipelines and executions of one account and region as a value: the time comes with each call, and
// advance() brings every execution up to it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/pipelines/execution.hpp"
#include "aws/local/sagemaker/pipelines/token_book.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

inline constexpr std::size_t pipelines_max = 500;              // quota L-E8EADE50
inline constexpr std::size_t concurrent_executions_max = 200;  // quota L-F88776CD
inline constexpr std::size_t versions_kept_max = 20;           // of a pipeline; a definition may have 1 MiB
inline constexpr std::size_t executions_kept_max = 10'000;     // ended ones, the oldest go first

struct pipeline_version {
    std::int64_t id = 1;
    std::string text;
    std::shared_ptr<const definition> read;
    wall_time created{};
};

struct pipeline {
    std::string name, arn, display_name, description, role_arn;
    std::string created_by, modified_by;  // ARNs of callers
    wall_time created{}, modified{};
    std::optional<wall_time> last_run;
    std::optional<std::size_t> parallel_max;
    std::map<std::string, std::string> tags;
    std::deque<pipeline_version> versions;  // ascending, never empty

    const pipeline_version* version(std::optional<std::int64_t> id) const;  // nothing: the latest
};

struct execution_record {
    std::string pipeline;  // its name
    std::int64_t version = 1;
    std::string definition_text, display_name, description;
    std::string created_by, modified_by;
    std::map<std::string, std::string> given;  // parameters of the start call
    execution run;
};

struct pipeline_input {
    std::optional<std::string> display_name, description, role_arn, definition;
    std::optional<std::size_t> parallel_max;
    std::map<std::string, std::string> tags;  // of a create
};

struct start_input {
    std::string display_name, description;
    std::vector<std::pair<std::string, std::string>> parameters;
    std::optional<std::size_t> parallel_max;
    std::optional<std::int64_t> version;
};

// Kinds of documents, in the order in which they come back.
inline constexpr std::string_view kept_random = "0random", kept_pipeline = "1pipeline/",
                                  kept_version = "2version/", kept_execution = "3execution/",
                                  kept_run = "4run/", kept_token = "5token/";

class pipeline_store {
public:
    using sink = std::function<void(const execution_record&, const execution_event&)>;
    template <class T>
    using outcome = boost::system::result<T, service_error>;

    // `time_scale` above 0. `tell` hears every change.
    pipeline_store(account_id account, region_name region, double time_scale, rng random, sink tell);

    outcome<const pipeline*> create(const std::string& name, pipeline_input input, const std::string& caller,
                                    wall_time now);
    outcome<const pipeline*> update(std::string_view name, pipeline_input input, const std::string& caller,
                                    wall_time now);
    // Its executions go with it; refused while one runs. The ARN.
    outcome<std::string> remove(std::string_view name);
    outcome<const pipeline*> find(std::string_view name_or_arn) const;
    pipeline* by_arn(std::string_view arn);  // null: there is none
    const std::map<std::string, pipeline, std::less<>>& pipelines() const { return pipelines_; }

    outcome<const execution_record*> start(std::string_view name_or_arn, start_input input,
                                           const std::string& caller, wall_time now);
    outcome<const execution_record*> find_execution(std::string_view arn) const;
    outcome<const execution_record*> stop(std::string_view arn, const std::string& caller, wall_time now,
                                          job_runner& jobs);
    outcome<const execution_record*> retry(std::string_view arn, std::optional<std::size_t> parallel_max,
                                           const std::string& caller, wall_time now);
    outcome<const execution_record*> update_execution(std::string_view arn, const pipeline_input& input,
                                                      const std::string& caller, wall_time now);
    // `outputs`: of a success; nothing: a failure for `reason`.
    using outputs = std::vector<std::pair<std::string, std::string>>;
    outcome<const execution_record*> answer_callback(std::string_view token, std::optional<outputs> given,
                                                     std::string reason, wall_time now);
    const std::map<std::string, execution_record, std::less<>>& executions() const { return executions_; }

    // Everything that became due until `now`, over all executions in order of time.
    void advance(wall_time now, job_runner& jobs);
    std::optional<wall_time> next() const;
    // Someone acted on jobs from outside.
    void look_again(wall_time now);

    // Hears the keys of what is new, changed or gone.
    void on_change(std::function<void(const std::string& key)> hear);
    // The document of a key; nothing: what it told of is gone.
    std::optional<std::string> document(std::string_view key) const;
    // In the order of keys. False for what does not fit what is there.
    bool take_back(std::string_view key, json::value v);
    bool restored();  // once, after all of them

    token_book& tokens() { return tokens_; }
    std::string arn_of(std::string_view pipeline_name) const;

private:
    outcome<execution_record*> find_execution(std::string_view arn);
    event_sink sink_for(const execution_record& e);
    void heard(const std::string& key) const {
        if (hear_) hear_(key);
    }
    void heard_of(const pipeline& p, std::int64_t version) const;
    bool take_execution(json::value v, const std::string& arn);
    bool take_run(json::value v, const std::string& arn);
    void wake(execution_record& e);
    void forget_old_executions();

    account_id account_;
    region_name region_;
    double time_scale_;
    rng random_;
    sink tell_;
    std::function<void(const std::string&)> hear_;
    std::map<std::string, pipeline, std::less<>> pipelines_;           // by name
    std::map<std::string, execution_record, std::less<>> executions_;  // by ARN
    std::deque<std::string> order_;                                    // ARNs as they started
    std::set<std::pair<wall_time, std::string>> wakes_;
    std::map<std::string, wall_time, std::less<>> wake_of_;
    token_book tokens_;
};

}  // namespace trainyard::aws::local::sagemaker::pipelines
