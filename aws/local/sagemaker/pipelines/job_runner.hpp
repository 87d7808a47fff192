// What a pipeline execution asks of the rest of SageMaker: to make the resource of a step and to tell how it
// is doing.
#pragma once

#include <optional>
#include <string>

#include "aws/local/base/service.hpp"
#include "aws/local/sagemaker/pipelines/definition.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

struct job_view {
    enum class state : unsigned char { running, succeeded, failed, stopped };
    state is = state::running;
    std::string failure_reason;
    // The earliest time at which a running job may end by itself; nothing: only when someone acts on it.
    std::optional<wall_time> changes_at;
};

class job_runner {
public:
    virtual ~job_runner() = default;
    // The create call of a step whose is_job(type) holds, with a complete request, made as the pipeline's
    // role; the resource's ARN.
    virtual boost::system::result<std::string, service_error> start(step_type type, const std::string& name,
                                                                    const std::string& request,
                                                                    const std::string& role_arn,
                                                                    wall_time now) = 0;
    virtual job_view look(step_type type, const std::string& name, wall_time now) = 0;
    // A job that has ended already is left as it is.
    virtual void stop(step_type type, const std::string& name, wall_time now) = 0;
    // The answer of the describe call; JSON text.
    virtual service_reply describe(step_type type, const std::string& name, wall_time now) = 0;
};

}  // namespace trainyard::aws::local::sagemaker::pipelines
