#include "aws/local/sagemaker/pipelines/execution_scope.hpp"

#include <algorithm>

#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

error absent(std::string message) {
    return {errc::not_found, std::move(message)};
}

void write_value(value_type type, const std::string& text, json::writer& out) {
    switch (type) {
        case value_type::string: out.string(text); return;
        case value_type::boolean: out.boolean(text == "true"); return;
        case value_type::integer:
        case value_type::floating: out.number_text(text); return;
    }
}

json::limits generous() {
    json::limits l;
    l.bytes *= 2;  // a Describe answer repeats a request and adds to it
    return l;
}

}  // namespace

result<void> execution_scope::write(const reference& what, json::writer& out) const {
    switch (what.what) {
        case reference::kind::parameter: {
            const auto found = e_.setup().parameters.find(what.name);
            if (found == e_.setup().parameters.end())
                return absent("parameter '" + what.name + "' has no value");
            const parameter_definition* p = e_.of().parameter(what.name);
            TY_CHECK(p, "references to parameters were checked when the definition was read");
            write_value(p->type, found->second, out);
            return {};
        }
        case reference::kind::execution: return write_execution(what.name, out);
        case reference::kind::step: return write_step(what, out);
    }
    return {};
}

result<void> execution_scope::write_execution(const std::string& variable, json::writer& out) const {
    const execution_setup& s = e_.setup();
    if (variable == "PipelineName")
        out.string(s.pipeline_name);
    else if (variable == "PipelineArn")
        out.string(s.pipeline_arn);
    else if (variable == "PipelineExecutionId")
        out.string(s.id);
    else if (variable == "PipelineExecutionArn")
        out.string(s.arn);
    else if (variable == "StartDateTime")
        out.string(to_iso8601(e_.created()));
    else if (variable == "CurrentDateTime")
        out.string(to_iso8601(now_));
    else
        return absent("there is no execution variable '" + variable + "'");
    return {};
}

result<void> execution_scope::write_step(const reference& what, json::writer& out) const {
    const auto index = e_.of().step(what.name);
    TY_CHECK(index, "references to steps were checked when the definition was read");
    const step_definition& s = e_.of().steps[*index];
    const step_run& run = e_.steps()[*index];
    const auto missing = [&] { return absent("step '" + what.name + "' has no such property"); };
    if (is_job(s.type)) {
        const auto told = jobs_.describe(s.type, run.job, now_);
        if (!told) return absent("step '" + what.name + "': " + told.error().message);
        const auto document = json::document::parse(*told, generous());
        if (!document) return document.error();
        const json::value found = walk(document->root(), what.path);
        if (found.is_null()) return missing();
        out.copy(found);
        return {};
    }
    if (s.type == step_type::condition && what.path.size() == 1 && what.path[0] == path_part{"Outcome"} &&
        run.outcome) {
        out.string(*run.outcome ? "True" : "False");
        return {};
    }
    if (what.path.size() != 2 || what.path[0] != path_part{"OutputParameters"}) return missing();
    const auto* name = std::get_if<std::string>(&what.path[1]);
    const auto declared = std::find_if(s.outputs.begin(), s.outputs.end(),
                                       [&](const output_definition& o) { return name && o.name == *name; });
    const auto given = std::find_if(run.outputs.begin(), run.outputs.end(),
                                    [&](const auto& o) { return name && o.first == *name; });
    if (declared == s.outputs.end() || given == run.outputs.end()) return missing();
    write_value(declared->type, given->second, out);
    return {};
}

result<std::string> execution_scope::file(const std::string& step, const std::string& name) const {
    const auto index = e_.of().step(step);
    TY_CHECK(index, "references to steps were checked when the definition was read");
    const step_definition& s = e_.of().steps[*index];
    const auto declared =
        std::find_if(s.files.begin(), s.files.end(), [&](const property_file& f) { return f.name == name; });
    if (declared == s.files.end())
        return absent("step '" + step + "' declares no property file '" + name + "'");
    const auto told = jobs_.describe(s.type, e_.steps()[*index].job, now_);
    if (!told) return absent("step '" + step + "': " + told.error().message);
    const auto document = json::document::parse(*told, generous());
    if (!document) return document.error();
    std::string key{property_file_prefix};
    key += name;
    std::replace(key.begin(), key.end(), '-', '_');
    const auto content = document->root().find("Environment").find(key).string();
    if (!content)
        return absent("property file '" + name + "' of step '" + step +
                      "' has no content: its job's Environment has no " + key);
    return std::string{*content};
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
