// How a timeline comes out of a plan, attempt by attempt.
#pragma once

#include "aws/local/sagemaker/training/job_timeline.hpp"

namespace trainyard::aws::local::sagemaker {

class timeline_builder {
public:
    timeline_builder(job_timeline& out, const job_plan& plan, wall_time created, double time_scale)
        : out_(out), plan_(plan), scale_(time_scale), now_(created) {}

    // Without the ends that MaxWaitTimeInSeconds and training plans put to it.
    void build();

private:
    enum class next : unsigned char { goes_on, over };
    next attempt(const attempt_plan& a);
    next launch(const attempt_plan& a, bool warm, duration slow_start);
    next run(const attempt_plan& a);
    // The algorithm runs for that long, unless MaxRuntimeInSeconds is over before.
    next train(duration d);
    void pass(job_phase phase, duration d, std::string_view message = {});

    job_timeline& out_;
    const job_plan& plan_;
    double scale_;
    wall_time now_;
    duration ran_{};  // in SageMaker's time
};

}  // namespace trainyard::aws::local::sagemaker
