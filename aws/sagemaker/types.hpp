// SageMaker's jobs of every kind as values (model 2017-07-24, AWS JSON 1.1).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/sagemaker/job_kind.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::sagemaker {

// Statuses stay text: a value that the model does not know must be observed, not guessed.
struct job_summary {
    std::string name;  // of a pipeline execution its display name, which may be empty
    std::string arn;
    std::string status;            // InProgress, Completed, Failed, Stopping, Stopped, ... by kind
    std::string secondary_status;  // empty when the service does not send it
    std::string description;       // of a pipeline execution: what StartPipelineExecution said
    std::string failure_reason;    // empty for training and tuning jobs and endpoints: Describe has it
    wall_time created{}, last_modified{};
    std::optional<wall_time> ended;
};

struct job_page {
    std::vector<job_summary> jobs;
    std::string next_token;  // empty: the last page. An empty page may have a next token.
};

struct job_description {
    std::string name, arn, status, secondary_status, failure_reason;
    std::string description;      // of a pipeline execution: what StartPipelineExecution said
    std::string model_artifacts;  // S3 URI of artifact or output, as far as the answer tells; empty: none yet
    wall_time created{};
    std::optional<wall_time> last_modified, started, ended;
    std::optional<int> billable_seconds;  // training jobs
};

struct list_filter {
    job_kind kind = job_kind::training;
    std::string pipeline;                                         // required for pipeline executions
    std::optional<wall_time> created_after, last_modified_after;  // executions have no last_modified_after
    std::string name_contains, status_equals, next_token;         // nor these two
    int max_results = 100;                                        // 1..100
    bool ascending = true;
    std::string sort_by = "CreationTime";  // Name, CreationTime, Status
};

using tags = std::map<std::string, std::string>;

}  // namespace trainyard::aws::sagemaker
