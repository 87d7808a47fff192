// What becomes of a training job and when: a pure function of its plan, the time it was accepted, and the
// times at which it was stopped or updated.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "aws/local/sagemaker/training/job_phase.hpp"
#include "aws/local/sagemaker/training/job_plan.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker {

// Whole milliseconds, the precision of AWS's timestamps: what a client reads back is what is compared here.
duration scaled(duration sagemaker_time, double time_scale);

class job_timeline {
public:
    struct step {
        job_phase phase = job_phase::starting;
        wall_time start{};
        std::string_view message;  // a literal
    };

    job_timeline() = default;
    // `time_scale` above 0. A job that never launches has a max_wait.
    job_timeline(const job_plan& plan, wall_time created, double time_scale);

    // Stopping from `when` on, and Stopped once the algorithm had its grace and the artefacts are uploaded; a
    // job that is Uploading already completes all the same. Only while in progress.
    void stop(wall_time when);
    // Updating for a moment, if it is training and goes on longer than that.
    void update(wall_time when);

    // Index of the step that holds at `now`.
    std::size_t at(wall_time now) const;
    std::span<const step> steps() const { return steps_; }
    const step& operator[](std::size_t i) const { return steps_[i]; }
    wall_time end() const { return steps_.back().start; }
    job_phase outcome() const { return steps_.back().phase; }
    std::optional<wall_time> training_start() const;
    // `message` of a step that was kept: a text that lives as long as the program.
    static std::string_view literal(std::string_view message);
    template <class Fields>
    friend void fields(Fields& f, job_timeline& t) {
        f("steps", t.steps_), f("upload", t.upload_), f("grace", t.grace_), f("update", t.update_);
    }
    // The clock's time that the algorithm ran, its stops and uploads included, until `now`.
    duration training_time(wall_time now) const;

private:
    friend class timeline_builder;
    void add(job_phase phase, wall_time start, std::string_view message = {});
    // From `when` on it is stopped, to end with `outcome`; nothing for what is over or stopping by then.
    void cut(wall_time when, job_phase outcome, std::string_view message = {});

    std::vector<step> steps_;
    duration upload_{}, grace_{}, update_{};
};

}  // namespace trainyard::aws::local::sagemaker
