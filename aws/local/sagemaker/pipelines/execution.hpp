// One execution of a pipeline over time, as a value: steps begin when what they wait for has ended, make
// their jobs through a job_runner, and end when those end. Nothing runs in the background: advance() does
// everything that became due, each thing at its own time.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "aws/local/sagemaker/pipelines/definition.hpp"
#include "aws/local/sagemaker/pipelines/job_runner.hpp"
#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {

// In SageMaker's own seconds; divided by the time scale.
inline constexpr std::chrono::seconds step_starting_time{1};
inline constexpr std::chrono::hours callback_timeout{7 * 24};  // Developer Guide, "Callback step"
inline constexpr std::chrono::minutes lambda_timeout{10};      // Developer Guide, "Lambda step"
inline constexpr std::size_t execution_id_length = 12;
inline constexpr std::size_t callback_token_length = 10;  // CallbackToken of the service model
inline constexpr std::size_t failure_reason_max = 1024;   // FailureReason of the service model

// There is no Lambda here: these Arguments of a Lambda step say how long its function takes (seconds, default
// 1), how it ends ("Completed", or "Failed: " and a reason) and what it returns (an object).
inline constexpr std::string_view lambda_seconds = "trainyard-local-seconds";
inline constexpr std::string_view lambda_outcome = "trainyard-local-outcome";
inline constexpr std::string_view lambda_outputs = "trainyard-local-outputs";

enum class execution_status : unsigned char { executing, stopping, stopped, failed, succeeded };
std::string_view to_string(execution_status s);

// `waiting` and `skipped` are not told: such steps do not appear in listings.
enum class step_status : unsigned char {
    waiting,
    starting,
    executing,
    stopping,
    stopped,
    failed,
    succeeded,
    skipped,
};
std::string_view to_string(step_status s);
bool has_ended(step_status s);

struct step_run {
    step_status status = step_status::waiting;
    wall_time start{}, end{};
    std::optional<wall_time> due;  // when it goes on by itself
    int attempts = 0;
    std::string job, arn;  // of the resource that the step made
    std::string failure_reason;
    std::optional<bool> outcome;                               // of a condition
    std::string callback_token;                                // of a callback
    std::vector<std::pair<std::string, std::string>> outputs;  // of a callback or lambda, values as text
};

template <class Fields>
void fields(Fields& f, step_run& s) {
    f("status", s.status), f("start", s.start), f("end", s.end), f("due", s.due);
    f("attempts", s.attempts), f("job", s.job), f("arn", s.arn), f("failure_reason", s.failure_reason);
    f("outcome", s.outcome), f("callback_token", s.callback_token), f("outputs", s.outputs);
}

struct execution_event {
    struct execution_changed {
        std::optional<execution_status> from;  // nothing: it has just been started
        execution_status to;
    };
    struct step_changed {
        std::size_t step;
        step_status from, to;
    };
    struct callback {
        std::size_t step;
        std::string body;  // of the message to the step's queue
    };
    wall_time when{};
    std::variant<execution_changed, step_changed, callback> what;
};
using event_sink = std::function<void(const execution_event&)>;

struct execution_setup {
    std::string pipeline_name, pipeline_arn, id, arn;
    std::map<std::string, std::string> parameters;  // every one of the definition's that has a value
    std::optional<std::size_t> parallel_max;
    double time_scale = 1;  // above 0
    std::string role_arn{};
};

template <class Fields>
void fields(Fields& f, execution_setup& s) {
    f("pipeline_name", s.pipeline_name), f("pipeline_arn", s.pipeline_arn), f("id", s.id);
    f("arn", s.arn), f("parameters", s.parameters), f("time_scale", s.time_scale);
    f("role_arn", s.role_arn);
}

class execution {
public:
    execution(std::shared_ptr<const definition> d, execution_setup setup, rng random, wall_time now);

    // Everything due until `now`. Times of `now` must not decrease from call to call.
    void advance(wall_time now, job_runner& jobs, const event_sink& sink);
    // When advance() has something to do next; nothing: only a call from outside moves it.
    std::optional<wall_time> next() const;
    // Looks at the jobs again at the next advance(), as after someone stopped one.
    void look_again(wall_time now);

    // Nothing begins any more, and what runs is stopped. False unless Executing.
    bool stop(wall_time now, job_runner& jobs, const event_sink& sink);
    // What failed, was stopped or never began goes again. False unless Failed or Stopped.
    bool retry(wall_time now, const event_sink& sink);
    void set_parallel_max(std::size_t n, wall_time now);
    void touch(wall_time now) {
        if (now > modified_) modified_ = now;
    }

    // The step that waits for the token, if any does.
    std::optional<std::size_t> step_of_token(std::string_view token) const;
    // Why the outputs are not those that the step declares; nothing when they are.
    std::optional<std::string> refuse_outputs(
        std::size_t step, const std::vector<std::pair<std::string, std::string>>& outputs) const;
    // `step` waits for its callback.
    void succeed(std::size_t step, std::vector<std::pair<std::string, std::string>> outputs, wall_time now,
                 const event_sink& sink);
    void fail(std::size_t step, std::string reason, wall_time now, const event_sink& sink);

    execution_status status() const { return status_; }
    const std::string& failure_reason() const { return failure_reason_; }
    const definition& of() const { return *definition_; }
    const execution_setup& setup() const { return setup_; }
    const std::vector<step_run>& steps() const { return steps_; }
    wall_time created() const { return created_; }
    wall_time last_modified() const { return modified_; }

    // What goes on; the setup and the definition stay. Steps that are read have to be the definition's.
    template <class Fields>
    friend void fields(Fields& f, execution& e) {
        f("parallel_max", e.setup_.parallel_max), f("random", e.random_), f("steps", e.steps_);
        f("status", e.status_), f("failure_reason", e.failure_reason_), f("created", e.created_);
        f("modified", e.modified_), f("settle_at", e.settle_at_);
    }

private:
    void settle(wall_time t, const event_sink& sink);
    void act(std::size_t i, wall_time t, job_runner& jobs, const event_sink& sink);
    void begin(std::size_t i, wall_time t, job_runner& jobs, const event_sink& sink);
    void begin_job(std::size_t i, json::value arguments, wall_time t, job_runner& jobs,
                   const event_sink& sink);
    void begin_lambda(std::size_t i, json::value arguments, wall_time t, const event_sink& sink);
    void begin_callback(std::size_t i, json::value arguments, wall_time t, const event_sink& sink);
    void look(std::size_t i, wall_time t, job_runner& jobs, const event_sink& sink);
    void end(std::size_t i, step_status as, std::string reason, wall_time t, const event_sink& sink);
    void end_or_retry(std::size_t i, std::optional<exception_type> what, std::string reason, wall_time t,
                      const event_sink& sink);
    void change(std::size_t i, step_status to, wall_time t, const event_sink& sink);
    void change(execution_status to, wall_time t, const event_sink& sink);
    bool skips(std::size_t i) const;
    bool ready(std::size_t i) const;
    std::string job_name(std::size_t i);
    std::string callback_body(std::size_t i, json::value arguments, std::string_view status) const;

    std::shared_ptr<const definition> definition_;
    execution_setup setup_;
    rng random_;
    std::vector<step_run> steps_;
    execution_status status_ = execution_status::executing;
    std::string failure_reason_;
    wall_time created_{}, modified_{};
    std::optional<wall_time> settle_at_;  // steps may begin, or the execution may end
};

// `length` characters of the alphabet.
std::string random_text(rng& random, std::size_t length, std::string_view alphabet);
inline constexpr std::string_view lower_alphanumeric = "abcdefghijklmnopqrstuvwxyz0123456789";
inline constexpr std::string_view alphanumeric =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace trainyard::aws::local::sagemaker::pipelines
