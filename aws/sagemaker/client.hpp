// SageMaker's jobs as typed calls. One client per (account, region, identity).
#pragma once

#include <memory>
#include <string>

#include "aws/sagemaker/types.hpp"
#include "aws/transport/transport.hpp"

namespace trainyard::aws::sagemaker {

class client {
public:
    // `attempts_max` of every call but create, which is sent once: 0 as the transport is set; 1 where the
    // caller counts calls and repeats them itself.
    client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who, int attempts_max = 0);

    // `request` is the whole JSON of the kind's create operation, name or token and tags included. Exactly
    // one attempt is sent: after a failure that may_have_executed(), describe() and list_tags() tell what
    // happened. Returns the ARN.
    task<api_result<std::string>> create(job_kind k, std::string request, mono_time deadline);
    // `key` is the name, of a pipeline execution the ARN. failure::not_found when there is no such job.
    task<api_result<job_description>> describe(job_kind k, std::string key, mono_time deadline);
    task<api_result<job_page>> list(list_filter filter, mono_time deadline);
    // Deletes an endpoint. Stopping what has ended is an error of SageMaker's; it is reported as success
    // here.
    task<api_result<void>> stop(job_kind k, std::string key, mono_time deadline);

    // Sent once too; under one name it is the same configuration, so failure::already_exists is no failure to
    // who made the name.
    task<api_result<void>> create_endpoint_config(std::string request, mono_time deadline);
    task<api_result<void>> delete_endpoint_config(std::string name, mono_time deadline);

    task<api_result<std::string>> create_training_job(std::string request, mono_time deadline);
    task<api_result<job_description>> describe_training_job(std::string name, mono_time deadline);
    task<api_result<job_page>> list_training_jobs(list_filter filter, mono_time deadline);
    task<api_result<void>> stop_training_job(std::string name, mono_time deadline);
    task<api_result<void>> add_tags(std::string arn, tags what, mono_time deadline);
    task<api_result<tags>> list_tags(std::string arn, mono_time deadline);  // every page

private:
    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
    int attempts_max_;
};

}  // namespace trainyard::aws::sagemaker
