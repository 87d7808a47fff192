// What is kept of a training job over restarts. Pure.
#pragma once

#include "aws/local/base/kept_value.hpp"
#include "aws/local/sagemaker/training/training_job.hpp"

namespace trainyard::aws::local::kept {

template <>
struct value_of<sagemaker::job_timeline::step> {
    using type = sagemaker::job_timeline::step;
    static void write(json::writer& out, const type& s) {
        out.begin_array();
        kept::write(out, s.phase);
        kept::write(out, s.start);
        out.string(s.message).end_array();
    }
    static bool read(json::value v, type& to) {
        const auto message = v.at(2).string();
        if (message) to.message = sagemaker::job_timeline::literal(*message);
        return message && kept::read(v.at(0), to.phase) && kept::read(v.at(1), to.start);
    }
};

}  // namespace trainyard::aws::local::kept

namespace trainyard::aws::local::sagemaker {

template <class Fields>
void fields(Fields& f, final_metric& m) {
    f("name", m.name), f("value", m.value);
}

template <class Fields>
void fields(Fields& f, attempt_plan& a) {
    f("ends", a.ends), f("failure_reason", a.failure_reason);
    f("interruptions", a.interruptions), f("slow_start", a.slow_start);
}

template <class Fields>
void fields(Fields& f, job_plan& p) {
    f("training", p.training), f("max_runtime", p.max_runtime), f("max_wait", p.max_wait);
    f("attempts", p.attempts), f("checkpoints", p.checkpoints), f("warm_start", p.warm_start);
    f("stop_grace", p.stop_grace), f("launches_at", p.launches_at), f("closes_at", p.closes_at);
    f("pending_until", p.pending_until);
}

template <class Fields>
void fields(Fields& f, training_request& r) {
    f("instances", r.instances), f("spot", r.spot), f("plan", r.plan), f("body", r.body);
    f("tags", r.tags), f("keep_alive", r.keep_alive), f("pool_shape", r.pool_shape);
    f("training_plan", r.training_plan), f("max_pending", r.max_pending);
    f("tuning_job_arn", r.tuning_job_arn), f("metrics", r.metrics);
}

// What goes on while the request stays: written at each change of status.
struct training_course {
    wall_time created{};
    std::uint64_t number = 0;
    job_timeline timeline{};
    std::optional<wall_time> updated{}, pool_ended{};
    wall_time pool_begun{};
    std::string reused_by{};
    std::size_t told = 0;
};

template <class Fields>
void fields(Fields& f, training_course& c) {
    f("created", c.created), f("number", c.number), f("timeline", c.timeline), f("updated", c.updated);
    f("pool_begun", c.pool_begun), f("pool_ended", c.pool_ended), f("reused_by", c.reused_by);
    f("told", c.told);
}

}  // namespace trainyard::aws::local::sagemaker
