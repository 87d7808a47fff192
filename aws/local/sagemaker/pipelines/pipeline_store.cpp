#include "aws/local/sagemaker/pipelines/pipeline_store.hpp"

#include <algorithm>

#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

service_error not_found(std::string message) {
    return {400, "ResourceNotFound", "", std::move(message), true};
}
service_error conflict(std::string message) {
    return {400, "ConflictException", "", std::move(message), true};
}
service_error limit(std::string message) {
    return {400, "ResourceLimitExceeded", "", std::move(message), true};
}

bool runs(const execution_record& e) {
    return e.run.status() == execution_status::executing || e.run.status() == execution_status::stopping;
}

std::string_view name_of(std::string_view name_or_arn) {
    return name_or_arn.substr(name_or_arn.rfind('/') + 1);
}

pipeline_store::outcome<std::shared_ptr<const definition>> read(const std::string& text) {
    auto read = parse_definition(text);
    if (!read) return validation_exception("Unable to parse pipeline definition. " + read.error().message);
    return std::make_shared<const definition>(*std::move(read));
}

// Defaults, overridden by what the caller gives.
pipeline_store::outcome<std::map<std::string, std::string>> parameters_of(
    const definition& d, const std::vector<std::pair<std::string, std::string>>& given) {
    std::map<std::string, std::string> out;
    for (const auto& [name, value] : given) {
        const parameter_definition* p = d.parameter(name);
        if (!p) return validation_exception("The pipeline has no parameter '" + name + "'.");
        if (const auto why = refuse_value(*p, value))
            return validation_exception("Invalid value of parameter '" + name + "': " + *why + ".");
        if (!out.emplace(name, value).second)
            return validation_exception("The parameter '" + name + "' is given twice.");
    }
    for (const parameter_definition& p : d.parameters) {
        if (p.default_value) out.emplace(p.name, *p.default_value);
        if (!out.contains(p.name))
            return validation_exception("The parameter '" + p.name + "' has no default and needs a value.");
    }
    return out;
}

}  // namespace

const pipeline_version* pipeline::version(std::optional<std::int64_t> id) const {
    if (!id) return &versions.back();
    const auto found = std::find_if(versions.begin(), versions.end(),
                                    [&](const pipeline_version& v) { return v.id == *id; });
    return found == versions.end() ? nullptr : &*found;
}

pipeline_store::pipeline_store(account_id account, region_name region, double time_scale, rng random,
                               sink tell)
    : account_(std::move(account)),
      region_(std::move(region)),
      time_scale_(time_scale),
      random_(random),
      tell_(std::move(tell)) {}

std::string pipeline_store::arn_of(std::string_view pipeline_name) const {
    return "arn:aws:sagemaker:" + region_.str() + ":" + account_.str() + ":pipeline/" +
           std::string{pipeline_name};
}

pipeline_store::outcome<const pipeline*> pipeline_store::create(const std::string& name, pipeline_input input,
                                                                const std::string& caller, wall_time now) {
    if (pipelines_.contains(name))
        return validation_exception(
            "Pipeline names must be unique within an AWS account and region. Pipeline with name (" + name +
            ") already exists.");
    if (pipelines_.size() >= pipelines_max)
        return limit("The account-level service limit 'Maximum number of pipelines allowed per account' is " +
                     std::to_string(pipelines_max) + " Pipelines.");
    const std::string text = input.definition.value_or("");
    auto definition = read(text);
    if (!definition) return definition.error();
    pipeline p;
    p.name = name;
    p.arn = arn_of(name);
    p.display_name = input.display_name.value_or(name);
    p.description = input.description.value_or("");
    p.role_arn = input.role_arn.value_or("");
    p.created_by = p.modified_by = caller;
    p.created = p.modified = now;
    p.parallel_max = input.parallel_max;
    p.tags = std::move(input.tags);
    p.versions.push_back({1, text, *std::move(definition), now});
    heard_of(p, 1);
    return &pipelines_.emplace(name, std::move(p)).first->second;
}

pipeline_store::outcome<const pipeline*> pipeline_store::update(std::string_view name, pipeline_input input,
                                                                const std::string& caller, wall_time now) {
    const auto found = pipelines_.find(name);
    if (found == pipelines_.end()) return not_found("Pipeline '" + arn_of(name) + "' does not exist.");
    pipeline& p = found->second;
    if (input.definition) {
        auto definition = read(*input.definition);
        if (!definition) return definition.error();
        p.versions.push_back(
            {p.versions.back().id + 1, *std::move(input.definition), *std::move(definition), now});
        heard_of(p, p.versions.back().id);
        if (p.versions.size() > versions_kept_max) {
            heard_of(p, p.versions.front().id);
            p.versions.pop_front();
        }
    }
    heard_of(p, p.versions.back().id);
    if (input.display_name) p.display_name = *std::move(input.display_name);
    if (input.description) p.description = *std::move(input.description);
    if (input.role_arn) p.role_arn = *std::move(input.role_arn);
    if (input.parallel_max) p.parallel_max = input.parallel_max;
    p.modified_by = caller;
    p.modified = now;
    return &p;
}

pipeline_store::outcome<std::string> pipeline_store::remove(std::string_view name) {
    const auto found = pipelines_.find(name);
    if (found == pipelines_.end()) return not_found("Pipeline '" + arn_of(name) + "' does not exist.");
    const auto of_it = [&](const auto& e) { return e.second.pipeline == name; };
    if (std::any_of(executions_.begin(), executions_.end(),
                    [&](const auto& e) { return of_it(e) && runs(e.second); }))
        return conflict("Pipeline '" + found->second.arn +
                        "' has a running execution and cannot be deleted.");
    for (const auto& e : executions_)
        if (of_it(e)) {
            heard(std::string{kept_execution} + e.first);
            heard(std::string{kept_run} + e.first);
        }
    for (const pipeline_version& v : found->second.versions) heard_of(found->second, v.id);
    std::erase_if(executions_, of_it);
    std::erase_if(order_, [&](const std::string& arn) { return !executions_.contains(arn); });
    std::string arn = found->second.arn;
    pipelines_.erase(found);
    return arn;
}

pipeline_store::outcome<const pipeline*> pipeline_store::find(std::string_view name_or_arn) const {
    const auto found = pipelines_.find(name_of(name_or_arn));
    if (found == pipelines_.end() || (name_or_arn.starts_with("arn:") && name_or_arn != found->second.arn))
        return not_found("Pipeline '" + arn_of(name_of(name_or_arn)) + "' does not exist.");
    return &found->second;
}

pipeline* pipeline_store::by_arn(std::string_view arn) {
    const auto found = pipelines_.find(name_of(arn));
    if (found == pipelines_.end() || found->second.arn != arn) return nullptr;
    heard(std::string{kept_pipeline} + found->first);  // its tags may be about to change
    return &found->second;
}

event_sink pipeline_store::sink_for(const execution_record& e) {
    return [this, &e](const execution_event& event) { tell_(e, event); };
}

void pipeline_store::wake(execution_record& e) {
    const std::string& arn = e.run.setup().arn;
    heard(std::string{kept_run} + arn);  // whatever happens to an execution comes here
    if (const auto old = wake_of_.find(arn); old != wake_of_.end()) {
        wakes_.erase({old->second, arn});
        wake_of_.erase(old);
    }
    if (const auto t = e.run.next()) {
        wakes_.emplace(*t, arn);
        wake_of_.emplace(arn, *t);
    }
}

void pipeline_store::advance(wall_time now, job_runner& jobs) {
    while (!wakes_.empty() && wakes_.begin()->first <= now) {
        const auto [t, arn] = *wakes_.begin();
        execution_record& e = executions_.find(arn)->second;
        e.run.advance(t, jobs, sink_for(e));
        wake(e);
    }
}

std::optional<wall_time> pipeline_store::next() const {
    return wakes_.empty() ? std::nullopt : std::optional{wakes_.begin()->first};
}

void pipeline_store::look_again(wall_time now) {
    for (auto& [arn, e] : executions_)
        if (runs(e)) {
            e.run.look_again(now);
            wake(e);
        }
}

void pipeline_store::forget_old_executions() {
    while (order_.size() > executions_kept_max) {
        const auto found = executions_.find(order_.front());
        if (runs(found->second)) return;
        heard(std::string{kept_execution} + found->first);
        heard(std::string{kept_run} + found->first);
        executions_.erase(found);
        order_.pop_front();
    }
}

pipeline_store::outcome<const execution_record*> pipeline_store::start(std::string_view name_or_arn,
                                                                       start_input input,
                                                                       const std::string& caller,
                                                                       wall_time now) {
    const auto found = find(name_or_arn);
    if (!found) return found.error();
    pipeline& p = pipelines_.find((*found)->name)->second;
    const pipeline_version* version = p.version(input.version);
    if (!version)
        return not_found("Pipeline '" + p.arn + "' has no version " + std::to_string(*input.version) + ".");
    auto parameters = parameters_of(*version->read, input.parameters);
    if (!parameters) return parameters.error();
    const auto running =
        std::count_if(executions_.begin(), executions_.end(), [](const auto& e) { return runs(e.second); });
    if (static_cast<std::size_t>(running) >= concurrent_executions_max)
        return limit(
            "The account-level service limit 'Maximum number of concurrent pipeline executions' is " +
            std::to_string(concurrent_executions_max) + " Executions, with current utilization of " +
            std::to_string(running) + " Executions and a request delta of 1 Executions.");
    std::string id, arn;
    do {
        id = random_text(random_, execution_id_length, lower_alphanumeric);
        arn = p.arn + "/execution/" + id;
    } while (executions_.contains(arn));
    if (!input.parallel_max) input.parallel_max = p.parallel_max;
    execution run{
        version->read,
        {p.name, p.arn, id, arn, *std::move(parameters), input.parallel_max, time_scale_, p.role_arn},
        random_.split(arn),
        now};
    p.last_run = run.created();
    execution_record record{p.name,
                            version->id,
                            version->text,
                            std::move(input.display_name),
                            std::move(input.description),
                            caller,
                            caller,
                            {input.parameters.begin(), input.parameters.end()},
                            std::move(run)};
    execution_record& e = executions_.emplace(arn, std::move(record)).first->second;
    order_.push_back(arn);
    heard(std::string{kept_random});
    heard(std::string{kept_pipeline} + p.name);
    heard(std::string{kept_execution} + arn);
    forget_old_executions();
    tell_(e,
          {e.run.created(), execution_event::execution_changed{std::nullopt, execution_status::executing}});
    wake(e);
    return &e;
}

pipeline_store::outcome<execution_record*> pipeline_store::find_execution(std::string_view arn) {
    const auto found = executions_.find(arn);
    if (found == executions_.end())
        return not_found("Pipeline execution '" + std::string{arn} + "' does not exist.");
    return &found->second;
}

pipeline_store::outcome<const execution_record*> pipeline_store::find_execution(std::string_view arn) const {
    const auto found = executions_.find(arn);
    if (found == executions_.end())
        return not_found("Pipeline execution '" + std::string{arn} + "' does not exist.");
    return &found->second;
}

pipeline_store::outcome<const execution_record*> pipeline_store::stop(std::string_view arn,
                                                                      const std::string& caller,
                                                                      wall_time now, job_runner& jobs) {
    const auto e = find_execution(arn);
    if (!e) return e.error();
    if (!(*e)->run.stop(now, jobs, sink_for(**e)))
        return conflict("Pipeline execution '" + std::string{arn} + "' is in status " +
                        std::string{to_string((*e)->run.status())} + " and cannot be stopped.");
    (*e)->modified_by = caller;
    wake(**e);
    return *e;
}

pipeline_store::outcome<const execution_record*> pipeline_store::retry(
    std::string_view arn, std::optional<std::size_t> parallel_max, const std::string& caller, wall_time now) {
    const auto e = find_execution(arn);
    if (!e) return e.error();
    if (!(*e)->run.retry(now, sink_for(**e)))
        return conflict("Pipeline execution '" + std::string{arn} + "' is in status " +
                        std::string{to_string((*e)->run.status())} +
                        "; only a Failed or Stopped execution can be retried.");
    if (parallel_max) (*e)->run.set_parallel_max(*parallel_max, now);
    (*e)->modified_by = caller;
    wake(**e);
    return *e;
}

pipeline_store::outcome<const execution_record*> pipeline_store::update_execution(std::string_view arn,
                                                                                  const pipeline_input& input,
                                                                                  const std::string& caller,
                                                                                  wall_time now) {
    const auto e = find_execution(arn);
    if (!e) return e.error();
    if (input.display_name) (*e)->display_name = *input.display_name;
    if (input.description) (*e)->description = *input.description;
    if (input.parallel_max) (*e)->run.set_parallel_max(*input.parallel_max, now);
    (*e)->run.touch(now);
    (*e)->modified_by = caller;
    wake(**e);
    return *e;
}

pipeline_store::outcome<const execution_record*> pipeline_store::answer_callback(std::string_view token,
                                                                                 std::optional<outputs> given,
                                                                                 std::string reason,
                                                                                 wall_time now) {
    for (auto& [arn, e] : executions_) {
        if (!runs(e)) continue;
        const auto step = e.run.step_of_token(token);
        if (!step) continue;
        if (given) {
            if (const auto why = e.run.refuse_outputs(*step, *given)) return validation_exception(*why + ".");
            e.run.succeed(*step, *std::move(given), now, sink_for(e));
        } else {
            e.run.fail(*step, std::move(reason), now, sink_for(e));
        }
        wake(e);
        return &e;
    }
    return not_found("No step waits for the callback token '" + std::string{token} + "'.");
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
