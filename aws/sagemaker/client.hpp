// SageMaker training jobs as typed calls. One client per (account, region, identity).
#pragma once

#include <memory>
#include <string>

#include "aws/sagemaker/types.hpp"
#include "aws/transport/transport.hpp"

namespace trainyard::aws::sagemaker {

class client {
public:
    client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);

    // `request` is the whole CreateTrainingJob JSON, name and tags included. Exactly one attempt is sent:
    // after a failure that may_have_executed(), describe() and list_tags() tell what happened. Returns the
    // ARN.
    task<api_result<std::string>> create_training_job(std::string request, mono_time deadline);
    // failure::not_found when there is no such job.
    task<api_result<training_job>> describe_training_job(std::string name, mono_time deadline);
    task<api_result<training_job_page>> list_training_jobs(list_filter filter, mono_time deadline);
    // Stopping a job that has ended is a failure::invalid_request of SageMaker's; it is reported as success
    // here.
    task<api_result<void>> stop_training_job(std::string name, mono_time deadline);
    task<api_result<void>> add_tags(std::string arn, tags what, mono_time deadline);
    task<api_result<tags>> list_tags(std::string arn, mono_time deadline);  // every page

private:
    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

}  // namespace trainyard::aws::sagemaker
