#include "aws/local/sagemaker/pipelines/execution.hpp"

#include <algorithm>

#include "aws/local/sagemaker/common/time_scale.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

constexpr std::chrono::seconds look_again_after{1};

wall_time whole_millis(wall_time t) {
    return wall_time{std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch())};
}

}  // namespace

std::string_view to_string(execution_status s) {
    switch (s) {
        case execution_status::executing: return "Executing";
        case execution_status::stopping: return "Stopping";
        case execution_status::stopped: return "Stopped";
        case execution_status::failed: return "Failed";
        case execution_status::succeeded: return "Succeeded";
    }
    return {};
}

std::string_view to_string(step_status s) {
    switch (s) {
        case step_status::waiting:
        case step_status::skipped: return {};
        case step_status::starting: return "Starting";
        case step_status::executing: return "Executing";
        case step_status::stopping: return "Stopping";
        case step_status::stopped: return "Stopped";
        case step_status::failed: return "Failed";
        case step_status::succeeded: return "Succeeded";
    }
    return {};
}

bool has_ended(step_status s) {
    return s == step_status::stopped || s == step_status::failed || s == step_status::succeeded;
}

std::string random_text(rng& random, std::size_t length, std::string_view alphabet) {
    std::string out;
    while (out.size() < length) out += alphabet[random.below(alphabet.size())];
    return out;
}

execution::execution(std::shared_ptr<const definition> d, execution_setup setup, rng random, wall_time now)
    : definition_(std::move(d)), setup_(std::move(setup)), random_(random) {
    TY_CHECK(setup_.time_scale > 0, "time passes");
    steps_.resize(definition_->steps.size());
    created_ = modified_ = whole_millis(now);
    settle_at_ = created_;
}

std::optional<wall_time> execution::next() const {
    std::optional<wall_time> earliest = settle_at_;
    for (const step_run& s : steps_)
        if (s.due && (!earliest || *s.due < *earliest)) earliest = s.due;
    return earliest;
}

void execution::advance(wall_time now, job_runner& jobs, const event_sink& sink) {
    for (auto t = next(); t && *t <= now; t = next()) {
        for (std::size_t i = 0; i < steps_.size(); ++i)
            if (steps_[i].due && *steps_[i].due <= *t) act(i, *t, jobs, sink);
        settle(*t, sink);
    }
}

void execution::look_again(wall_time now) {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        step_run& s = steps_[i];
        const bool running = s.status == step_status::executing || s.status == step_status::stopping;
        if (running && !s.job.empty() && is_job(definition_->steps[i].type))
            s.due = std::min(s.due.value_or(now), now);
    }
}

void execution::change(std::size_t i, step_status to, wall_time t, const event_sink& sink) {
    const step_status from = std::exchange(steps_[i].status, to);
    if (from == to) return;
    modified_ = std::max(modified_, t);
    if (!to_string(to).empty()) sink({t, execution_event::step_changed{i, from, to}});
}

void execution::change(execution_status to, wall_time t, const event_sink& sink) {
    const execution_status from = std::exchange(status_, to);
    modified_ = std::max(modified_, t);
    sink({t, execution_event::execution_changed{from, to}});
}

// Passed over: the condition decided otherwise, or something that it needs was itself passed over.
bool execution::skips(std::size_t i) const {
    const step_definition& s = definition_->steps[i];
    if (s.decided_by) {
        const step_run& decision = steps_[*s.decided_by];
        if (decision.status == step_status::skipped) return true;
        if (decision.status == step_status::succeeded && decision.outcome != s.runs_if) return true;
    }
    return std::any_of(s.depends_on.begin(), s.depends_on.end(),
                       [&](std::size_t on) { return steps_[on].status == step_status::skipped; });
}

bool execution::ready(std::size_t i) const {
    const step_definition& s = definition_->steps[i];
    if (s.decided_by && steps_[*s.decided_by].status != step_status::succeeded) return false;
    return std::all_of(s.depends_on.begin(), s.depends_on.end(),
                       [&](std::size_t on) { return steps_[on].status == step_status::succeeded; });
}

void execution::settle(wall_time t, const event_sink& sink) {
    settle_at_.reset();
    if (status_ != execution_status::executing && status_ != execution_status::stopping) return;
    const auto any = [&](step_status s) {
        return std::any_of(steps_.begin(), steps_.end(), [&](const step_run& r) { return r.status == s; });
    };
    std::size_t active = 0;
    for (const step_run& s : steps_)
        active += s.status == step_status::starting || s.status == step_status::executing ||
                  s.status == step_status::stopping;
    // After the first failure or stop nothing new begins; what runs comes to its end.
    const bool failed = any(step_status::failed);
    const bool halted = failed || any(step_status::stopped) || status_ == execution_status::stopping;
    if (!halted) {
        // A step may stand before what it needs, so until nothing is passed over any more.
        for (bool moved = true; moved;) {
            moved = false;
            for (std::size_t i = 0; i < steps_.size(); ++i)
                if (steps_[i].status == step_status::waiting && skips(i)) {
                    change(i, step_status::skipped, t, sink);
                    moved = true;
                }
        }
        for (std::size_t i = 0; i < steps_.size(); ++i) {
            if (setup_.parallel_max && active >= *setup_.parallel_max) break;
            step_run& s = steps_[i];
            if (s.status != step_status::waiting || !ready(i)) continue;
            const int attempts = s.attempts;
            s = step_run{};
            s.attempts = attempts;
            s.start = t;
            s.due = t + scaled(step_starting_time, setup_.time_scale);
            change(i, step_status::starting, t, sink);
            ++active;
        }
    }
    if (active > 0) return;
    if (failed) {
        failure_reason_ = "Step failure: One or multiple steps failed.";
        change(execution_status::failed, t, sink);
    } else {
        change(halted ? execution_status::stopped : execution_status::succeeded, t, sink);
    }
}

void execution::end(std::size_t i, step_status as, std::string reason, wall_time t, const event_sink& sink) {
    step_run& s = steps_[i];
    s.end = t;
    s.due.reset();
    if (reason.size() > failure_reason_max) reason.resize(failure_reason_max);
    s.failure_reason = std::move(reason);
    change(i, as, t, sink);
    settle_at_ = t;
}

void execution::end_or_retry(std::size_t i, std::optional<exception_type> what, std::string reason,
                             wall_time t, const event_sink& sink) {
    step_run& s = steps_[i];
    const double since = std::chrono::duration<double>{t - s.start}.count() * setup_.time_scale;
    std::optional<duration> wait;
    if (what && status_ == execution_status::executing)
        wait = wait_before_retry(
            definition_->steps[i].retries, *what, s.attempts,
            std::chrono::duration_cast<duration>(std::chrono::duration<double>{std::min(since, 1e9)}));
    if (!wait) return end(i, step_status::failed, std::move(reason), t, sink);
    s.job.clear();
    s.due = t + scaled(*wait, setup_.time_scale);
    change(i, step_status::starting, t, sink);
}

void execution::look(std::size_t i, wall_time t, job_runner& jobs, const event_sink& sink) {
    step_run& s = steps_[i];
    const job_view view = jobs.look(definition_->steps[i].type, s.job, t);
    switch (view.is) {
        case job_view::state::running:
            s.due = view.changes_at;
            // What was due now and has not happened is looked at again a little later, never in place.
            if (s.due && *s.due <= t) s.due = t + look_again_after;
            return;
        case job_view::state::succeeded: return end(i, step_status::succeeded, "", t, sink);
        case job_view::state::stopped: return end(i, step_status::stopped, "", t, sink);
        case job_view::state::failed:
            return end_or_retry(i, classify_failure(view.failure_reason),
                                "ClientError: " + view.failure_reason, t, sink);
    }
}

void execution::act(std::size_t i, wall_time t, job_runner& jobs, const event_sink& sink) {
    step_run& s = steps_[i];
    s.due.reset();
    if (s.status == step_status::starting) return begin(i, t, jobs, sink);
    const step_type type = definition_->steps[i].type;
    if (is_job(type)) return look(i, t, jobs, sink);
    if (type == step_type::callback)
        return end(i, step_status::failed, "No answer to the callback came within 7 days.", t, sink);
    end(i, s.failure_reason.empty() ? step_status::succeeded : step_status::failed, s.failure_reason, t,
        sink);
}

bool execution::stop(wall_time now, job_runner& jobs, const event_sink& sink) {
    if (status_ != execution_status::executing) return false;
    now = std::max(whole_millis(now), modified_);
    change(execution_status::stopping, now, sink);
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        step_run& s = steps_[i];
        if (s.status == step_status::starting) end(i, step_status::stopped, "", now, sink);
        if (s.status != step_status::executing) continue;
        change(i, step_status::stopping, now, sink);
        const step_definition& d = definition_->steps[i];
        if (d.type == step_type::callback)
            sink({now, execution_event::callback{i, callback_body(i, {}, "Stopping")}});
        if (!is_job(d.type)) continue;
        jobs.stop(d.type, s.job, now);
        look(i, now, jobs, sink);
    }
    settle_at_ = now;
    return true;
}

bool execution::retry(wall_time now, const event_sink& sink) {
    if (status_ != execution_status::failed && status_ != execution_status::stopped) return false;
    now = std::max(whole_millis(now), modified_);
    for (step_run& s : steps_)
        if (s.status != step_status::succeeded) s.status = step_status::waiting;
    failure_reason_.clear();
    change(execution_status::executing, now, sink);
    settle_at_ = now;
    return true;
}

void execution::set_parallel_max(std::size_t n, wall_time now) {
    setup_.parallel_max = n;
    // More may begin at once.
    if (status_ == execution_status::executing) settle_at_ = std::max(whole_millis(now), modified_);
}

std::optional<std::size_t> execution::step_of_token(std::string_view token) const {
    for (std::size_t i = 0; i < steps_.size(); ++i) {
        const step_run& s = steps_[i];
        if (definition_->steps[i].type == step_type::callback && s.callback_token == token &&
            (s.status == step_status::executing || s.status == step_status::stopping))
            return i;
    }
    return std::nullopt;
}

std::optional<std::string> execution::refuse_outputs(
    std::size_t step, const std::vector<std::pair<std::string, std::string>>& outputs) const {
    const step_definition& d = definition_->steps[step];
    for (const auto& [name, value] : outputs) {
        const auto declared =
            std::find_if(d.outputs.begin(), d.outputs.end(),
                         [&, &wanted = name](const output_definition& o) { return o.name == wanted; });
        if (declared == d.outputs.end()) return "step '" + d.name + "' declares no output '" + name + "'";
        if (auto why = refuse_value({name, declared->type, std::nullopt, {}}, value)) return why;
    }
    return std::nullopt;
}

void execution::succeed(std::size_t step, std::vector<std::pair<std::string, std::string>> outputs,
                        wall_time now, const event_sink& sink) {
    steps_[step].outputs = std::move(outputs);
    const bool stopping = steps_[step].status == step_status::stopping;
    end(step, stopping ? step_status::stopped : step_status::succeeded, "",
        std::max(whole_millis(now), modified_), sink);
}

void execution::fail(std::size_t step, std::string reason, wall_time now, const event_sink& sink) {
    const bool stopping = steps_[step].status == step_status::stopping;
    end(step, stopping ? step_status::stopped : step_status::failed, std::move(reason),
        std::max(whole_millis(now), modified_), sink);
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
