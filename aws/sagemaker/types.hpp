// SageMaker training jobs as values (model 2017-07-24, AWS JSON 1.1).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::aws::sagemaker {

// Statuses stay text: a value that the model does not know must be observed, not guessed.
struct training_job_summary {
    std::string name, arn;
    std::string status;            // InProgress, Completed, Failed, Stopping, Stopped, Deleting
    std::string secondary_status;  // empty when the service does not send it
    wall_time created{}, last_modified{};
    std::optional<wall_time> ended;
};

struct training_job_page {
    std::vector<training_job_summary> jobs;
    std::string next_token;  // empty: the last page. An empty page may have a next token.
};

struct training_job {
    std::string name, arn, status, secondary_status, failure_reason;
    std::string model_artifacts;  // S3 URI; empty before upload
    wall_time created{};
    std::optional<wall_time> last_modified, started, ended;
    std::optional<int> billable_seconds;
};

struct list_filter {
    std::optional<wall_time> created_after, last_modified_after;
    std::string name_contains, status_equals, next_token;
    int max_results = 100;  // 1..100
    bool ascending = true;
    std::string sort_by = "CreationTime";  // Name, CreationTime, Status
};

using tags = std::map<std::string, std::string>;

}  // namespace trainyard::aws::sagemaker
