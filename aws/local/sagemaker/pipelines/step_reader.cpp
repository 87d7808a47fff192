#include "aws/local/sagemaker/pipelines/step_reader.hpp"

#include <algorithm>

#include "aws/local/sagemaker/pipelines/condition.hpp"
#include "aws/local/sagemaker/pipelines/expression.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

constexpr step_type types[] = {step_type::training,  step_type::processing, step_type::transform,
                               step_type::tuning,    step_type::model,      step_type::fail,
                               step_type::condition, step_type::callback,   step_type::lambda};
constexpr std::string_view execution_variables[] = {
    "PipelineName",         "PipelineArn",   "PipelineExecutionId",
    "PipelineExecutionArn", "StartDateTime", "CurrentDateTime",
};

error wrong(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

std::string text_of(json::value v) {
    return std::string{v.string().value_or("")};
}

result<std::vector<output_definition>> read_outputs(json::value list, const std::string& where) {
    std::vector<output_definition> out;
    if (!list.is_null() && !list.is_array()) return wrong(where + "/OutputParameters: is no list");
    if (list.size() > output_parameters_max) return wrong(where + "/OutputParameters: at most 50");
    for (const json::value v : list.elements()) {
        const auto type = read_value_type(v.find("OutputType"));
        std::string name = text_of(v.find("OutputName"));
        if (name.empty() || !type)
            return wrong(where + "/OutputParameters: OutputName and OutputType are needed");
        if (std::any_of(out.begin(), out.end(), [&](const output_definition& o) { return o.name == name; }))
            return wrong(where + "/OutputParameters: '" + name + "' stands there twice");
        out.push_back({std::move(name), *type});
    }
    return out;
}

result<std::vector<property_file>> read_files(json::value list, const std::string& where) {
    std::vector<property_file> out;
    if (!list.is_null() && !list.is_array()) return wrong(where + "/PropertyFiles: is no list");
    for (const json::value v : list.elements()) {
        property_file f{text_of(v.find("PropertyFileName")), text_of(v.find("OutputName")),
                        text_of(v.find("FilePath"))};
        if (f.name.empty() || f.output_name.empty() || f.path.empty())
            return wrong(where + "/PropertyFiles: PropertyFileName, OutputName and FilePath are needed");
        out.push_back(std::move(f));
    }
    return out;
}

result<void> read_members_of_type(json::value v, const std::string& where, step_definition& s) {
    switch (s.type) {
        case step_type::condition:
            s.conditions = s.arguments.find("Conditions");
            return check_conditions(s.conditions, where + "/Arguments");
        case step_type::fail:
            if (!s.arguments.find("ErrorMessage").exists())
                return wrong(where + "/Arguments: a Fail step needs an ErrorMessage");
            return {};
        case step_type::callback:
        case step_type::lambda: {
            const bool callback = s.type == step_type::callback;
            s.queue_url = text_of(v.find("SqsQueueUrl"));
            s.function_arn = text_of(v.find("FunctionArn"));
            if ((callback ? s.queue_url : s.function_arn).empty())
                return wrong(where + (callback ? ": a Callback step needs an SqsQueueUrl"
                                               : ": a Lambda step needs a FunctionArn"));
            auto outputs = read_outputs(v.find("OutputParameters"), where);
            if (!outputs) return outputs.error();
            s.outputs = *std::move(outputs);
            return {};
        }
        default: {
            auto files = read_files(v.find("PropertyFiles"), where);
            if (!files) return files.error();
            s.files = *std::move(files);
            return {};
        }
    }
}

result<step_definition> read_step(json::value v, const std::string& where) {
    step_definition s;
    s.name = text_of(v.find("Name"));
    if (!is_identifier(s.name, step_name_max))
        return wrong(where + "/Name: needs 1 to 64 letters, digits, '-' or '_'");
    s.display_name = text_of(v.find("DisplayName"));
    s.description = text_of(v.find("Description"));
    const std::string type = text_of(v.find("Type"));
    const auto found =
        std::find_if(std::begin(types), std::end(types), [&](step_type t) { return to_string(t) == type; });
    if (found == std::end(types))
        return wrong(where + "/Type: '" + type + "' is no type of step that the local SageMaker runs");
    s.type = *found;
    s.arguments = v.find("Arguments");
    // Callback and Lambda steps may do without.
    if (!s.arguments.is_object() &&
        (!s.arguments.is_null() || (s.type != step_type::callback && s.type != step_type::lambda)))
        return wrong(where + "/Arguments: is no object");
    auto retries = read_retry_policies(v.find("RetryPolicies"), where + "/RetryPolicies");
    if (!retries) return retries.error();
    s.retries = *std::move(retries);
    if (auto done = read_members_of_type(v, where, s); !done) return done.error();
    return s;
}

struct source {
    json::value step;
    std::string where;
};

// Reads a list of steps, and after each condition those of its two branches.
result<void> read_list(json::value list, const std::string& where, std::optional<std::size_t> decided_by,
                       bool runs_if, definition& out, std::vector<source>& sources) {
    if (!list.is_array()) return wrong(where + ": is no list of steps");
    std::size_t number = 0;
    for (const json::value v : list.elements()) {
        const std::string here = where + "/" + std::to_string(number++);
        if (out.steps.size() == steps_max) return wrong(here + ": at most 50 steps");
        auto s = read_step(v, here);
        if (!s) return s.error();
        if (out.step(s->name)) return wrong(here + ": the name '" + s->name + "' stands there twice");
        s->decided_by = decided_by;
        s->runs_if = runs_if;
        const std::size_t index = out.steps.size();
        out.steps.push_back(*std::move(s));
        sources.push_back({v, here});
        if (out.steps[index].type != step_type::condition) continue;
        const json::value arguments = out.steps[index].arguments;
        for (const auto& [member, outcome] : {std::pair{"IfSteps", true}, std::pair{"ElseSteps", false}})
            if (const json::value branch = arguments.find(member); !branch.is_null())
                if (auto done =
                        read_list(branch, here + "/Arguments/" + member, index, outcome, out, sources);
                    !done)
                    return done;
    }
    return {};
}

result<void> add_dependencies(const source& from, step_definition& s, const definition& d) {
    const auto add = [&](std::size_t on) {
        const auto at = std::lower_bound(s.depends_on.begin(), s.depends_on.end(), on);
        if (at == s.depends_on.end() || *at != on) s.depends_on.insert(at, on);
    };
    const json::value named = from.step.find("DependsOn");
    if (!named.is_null() && !named.is_array()) return wrong(from.where + "/DependsOn: is no list");
    for (const json::value v : named.elements()) {
        const auto on = d.step(v.string().value_or(""));
        if (!on) return wrong(from.where + "/DependsOn: there is no step '" + text_of(v) + "'");
        add(*on);
    }
    const auto reference_found = [&](const reference& r) -> result<void> {
        const auto unknown = [&](const char* what) {
            return wrong(from.where + ": there is no " + what + " '" + r.name + "'");
        };
        switch (r.what) {
            case reference::kind::parameter:
                if (!d.parameter(r.name)) return unknown("parameter");
                return {};
            case reference::kind::execution:
                if (std::find(std::begin(execution_variables), std::end(execution_variables), r.name) ==
                    std::end(execution_variables))
                    return unknown("execution variable");
                return {};
            case reference::kind::step:
                if (const auto on = d.step(r.name)) {
                    add(*on);
                    return {};
                }
                return unknown("step");
        }
        return {};
    };
    const json::value tree = s.type == step_type::condition ? s.conditions : s.arguments;
    if (auto done = visit_references(tree, reference_found); !done)
        return done.error().message.starts_with(from.where)
                   ? done
                   : with_context(done.error(), from.where + "/Arguments");
    return {};
}

// Takes away steps that wait for nothing until none is left; a step that stays waits in a circle.
result<void> refuse_circles(const definition& d) {
    std::vector<bool> done(d.steps.size(), false);
    for (bool moved = true; moved;) {
        moved = false;
        for (std::size_t i = 0; i < d.steps.size(); ++i) {
            const step_definition& s = d.steps[i];
            if (done[i] || (s.decided_by && !done[*s.decided_by])) continue;
            if (!std::all_of(s.depends_on.begin(), s.depends_on.end(),
                             [&](std::size_t on) { return done[on]; }))
                continue;
            done[i] = moved = true;
        }
    }
    for (std::size_t i = 0; i < d.steps.size(); ++i)
        if (!done[i])
            return wrong("step '" + d.steps[i].name + "' waits, over other steps or not, for itself");
    return {};
}

}  // namespace

bool is_identifier(std::string_view name, std::size_t max) {
    return !name.empty() && name.size() <= max && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
               c == '_';
    });
}

std::optional<value_type> read_value_type(json::value v) {
    const std::string_view text = v.string().value_or("");
    if (text == "String") return value_type::string;
    if (text == "Integer") return value_type::integer;
    if (text == "Float") return value_type::floating;
    if (text == "Boolean") return value_type::boolean;
    return std::nullopt;
}

result<void> read_steps(json::value list, definition& out) {
    if (list.size() == 0) return wrong("/Steps: at least one step is needed");
    std::vector<source> sources;
    if (auto done = read_list(list, "/Steps", std::nullopt, true, out, sources); !done) return done;
    for (std::size_t i = 0; i < out.steps.size(); ++i)
        if (auto done = add_dependencies(sources[i], out.steps[i], out); !done) return done;
    return refuse_circles(out);
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
