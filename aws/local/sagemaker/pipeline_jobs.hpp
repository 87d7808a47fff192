// The steps of pipelines as SageMaker's own operations: a step's job is created, described and stopped
// exactly as a client would do it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/pipelines/job_runner.hpp"

namespace trainyard::aws::local::sagemaker {

struct job_place {
    const account_id& account;
    const region_name& region;
    pipelines::step_type type;
    std::string_view name;
};

struct pipeline_job_hooks {
    // Any operation of SageMaker.
    std::function<service_reply(const operation_call&)> handle;
    // When a running job next changes its status by itself; nothing: unknown, it is asked again after
    // poll_time. May be empty.
    std::function<std::optional<wall_time>(const job_place&, wall_time now)> next_change;
};

class pipeline_jobs final : public pipelines::job_runner {
public:
    static constexpr std::chrono::seconds poll_time{1};  // SageMaker's own

    // `hooks` outlive it.
    pipeline_jobs(account_id account, region_name region, double time_scale, const pipeline_job_hooks& hooks);

    boost::system::result<std::string, service_error> start(pipelines::step_type type,
                                                            const std::string& name,
                                                            const std::string& request,
                                                            const std::string& role_arn,
                                                            wall_time now) override;
    pipelines::job_view look(pipelines::step_type type, const std::string& name, wall_time now) override;
    void stop(pipelines::step_type type, const std::string& name, wall_time now) override;
    service_reply describe(pipelines::step_type type, const std::string& name, wall_time now) override;

private:
    service_reply call(const std::string& operation, json::value input, const std::string& caller,
                       wall_time now);

    account_id account_;
    region_name region_;
    double time_scale_;
    const pipeline_job_hooks& hooks_;
};

}  // namespace trainyard::aws::local::sagemaker
