#include "aws/local/sagemaker/training/job_fate_plan.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

using ending = attempt_plan::ending;

ending ending_of(const job_fate& fate, bool spot) {
    if (fate.failure_reason.empty()) return ending::completes;
    // Want of spot capacity is no failure: SageMaker waits for it.
    if (spot && fate.failure_reason == capacity_error) return ending::never_launches;
    if (fate.fails_at_start) return ending::fails_at_start;
    return fate.fails_half_way ? ending::fails_half_way : ending::fails_at_end;
}

}  // namespace

std::vector<attempt_plan> plan_attempts(const create_input& job, const job_rules& rules,
                                        const account_id& account, const region_name& region) {
    const training_request& r = job.request;
    std::vector<attempt_plan> out;
    for (int number = 0; number <= job.retries; ++number) {
        job_fate fate = rules.decide({.name = job.name,
                                      .kind = "training",
                                      .account = account,
                                      .region = region,
                                      .instances = r.instances,
                                      .spot = r.spot,
                                      .attempt = number});
        attempt_plan next;
        if (job.outcome_is_set) {
            next = r.plan.attempts.front();
        } else {
            next.ends = ending_of(fate, r.spot);
            next.failure_reason = std::move(fate.failure_reason);
        }
        next.interruptions = std::move(fate.interruptions);
        next.slow_start = fate.slow_start;
        out.push_back(std::move(next));
        const attempt_plan& last = out.back();
        if (last.ends == ending::never_launches || !last.failure_reason.starts_with("InternalServerError"))
            break;
    }
    return out;
}

}  // namespace trainyard::aws::local::sagemaker
