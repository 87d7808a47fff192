// SageMaker of the local AWS: the training job operations over the job stores of every account and region.
// Pure but for the journal: the time comes with each call.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/accepted_create.hpp"
#include "aws/local/sagemaker/job_journal.hpp"
#include "aws/local/sagemaker/job_store.hpp"

namespace trainyard::aws::local {

class sagemaker_service {
public:
    // `journal` outlives the service. `time_scale` above 0.
    sagemaker_service(instance_limits limits, double time_scale, job_journal& journal);

    service_reply handle(const operation_call& call);

    instance_limits& limits() { return limits_; }

    struct counts {
        std::uint64_t accepted = 0, duplicate = 0, over_limit = 0;
    };
    const counts& creates_counted() const { return counts_; }
    const std::vector<accepted_create>& creates() const { return creates_; }
    std::map<std::string, std::size_t> jobs_by_status(wall_time now);

private:
    service_reply create(const operation_call& call);
    service_reply describe(const operation_call& call);
    service_reply list(const operation_call& call);
    service_reply stop(const operation_call& call);
    service_reply add_tags(const operation_call& call);
    service_reply list_tags(const operation_call& call);
    job_store& store(const operation_call& call);

    instance_limits limits_;
    double time_scale_;
    job_journal& journal_;
    std::map<std::pair<account_id, region_name>, job_store> stores_;
    std::vector<accepted_create> creates_;
    counts counts_;
};

}  // namespace trainyard::aws::local
