#include "aws/local/sagemaker/pipelines/definition.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "aws/local/sagemaker/pipelines/step_reader.hpp"

namespace trainyard::aws::local::sagemaker::pipelines {
namespace {

error wrong(std::string message) {
    return {errc::invalid_argument, std::move(message)};
}

bool is_number(std::string_view text, bool whole) {
    const char* const end = text.data() + text.size();
    if (whole) {
        std::int64_t n = 0;
        const auto [at, code] = std::from_chars(text.data(), end, n);
        return code == std::errc{} && at == end;
    }
    double n = 0;
    const auto [at, code] = std::from_chars(text.data(), end, n);
    return code == std::errc{} && at == end && std::isfinite(n);
}

// A value of the definition (a default, one of an enum) as the text that the API would pass.
std::optional<std::string> as_text(json::value v) {
    if (const auto s = v.string()) return std::string{*s};
    if (v.boolean() || v.number()) return json::to_text(v);
    return std::nullopt;
}

// "true" is no default of a String: the JSON type has to be the declared one.
bool kind_fits(json::value v, value_type type) {
    switch (type) {
        case value_type::string: return v.is_string();
        case value_type::integer: return v.integer().has_value();
        case value_type::floating: return v.number().has_value();
        case value_type::boolean: return v.boolean().has_value();
    }
    return false;
}

result<parameter_definition> read_parameter(json::value v, const std::string& where) {
    parameter_definition out;
    out.name = v.find("Name").string().value_or("");
    if (!is_identifier(out.name, parameter_name_max))
        return wrong(where + "/Name: needs 1 to 256 letters, digits, '-' or '_'");
    const auto type = read_value_type(v.find("Type"));
    if (!type) return wrong(where + "/Type: one of String, Integer, Float, Boolean is needed");
    out.type = *type;
    const json::value allowed = v.find("EnumValues");
    if (!allowed.is_null() && (!allowed.is_array() || allowed.size() == 0))
        return wrong(where + "/EnumValues: a list of values is needed");
    if (allowed.size() > enum_values_max) return wrong(where + "/EnumValues: too many values");
    std::vector<std::string> values;
    for (const json::value e : allowed.elements()) {
        auto text = as_text(e);
        if (!text || !kind_fits(e, out.type))
            return wrong(where + "/EnumValues: a value is not of the parameter's Type");
        values.push_back(*std::move(text));
    }
    if (const json::value d = v.find("DefaultValue"); !d.is_null()) {
        if (!kind_fits(d, out.type)) return wrong(where + "/DefaultValue: is not of the parameter's Type");
        out.default_value = as_text(d);
        if (out.default_value->size() > parameter_value_max)
            return wrong(where + "/DefaultValue: longer than 1024 characters");
    }
    out.allowed = std::move(values);
    if (out.default_value)
        if (const auto why = refuse_value(out, *out.default_value))
            return wrong(where + "/DefaultValue: " + *why);
    return out;
}

result<void> read_parameters(json::value list, definition& out) {
    if (list.is_null()) return {};
    if (!list.is_array()) return wrong("/Parameters: is no list");
    if (list.size() > parameters_max) return wrong("/Parameters: at most 200 parameters");
    for (const json::value v : list.elements()) {
        const std::string where = "/Parameters/" + std::to_string(out.parameters.size());
        auto p = read_parameter(v, where);
        if (!p) return p.error();
        if (out.parameter(p->name)) return wrong(where + ": the name '" + p->name + "' stands there twice");
        out.parameters.push_back(*std::move(p));
    }
    return {};
}

}  // namespace

std::string_view to_string(step_type t) {
    switch (t) {
        case step_type::training: return "Training";
        case step_type::processing: return "Processing";
        case step_type::transform: return "Transform";
        case step_type::tuning: return "Tuning";
        case step_type::model: return "Model";
        case step_type::fail: return "Fail";
        case step_type::condition: return "Condition";
        case step_type::callback: return "Callback";
        case step_type::lambda: return "Lambda";
    }
    return {};
}

bool is_job(step_type t) {
    return t <= step_type::model;
}

std::optional<std::string> refuse_value(const parameter_definition& p, std::string_view text) {
    switch (p.type) {
        case value_type::string: break;
        case value_type::integer:
            if (!is_number(text, true)) return "'" + std::string{text} + "' is no Integer";
            break;
        case value_type::floating:
            if (!is_number(text, false)) return "'" + std::string{text} + "' is no Float";
            break;
        case value_type::boolean:
            if (text != "true" && text != "false") return "'" + std::string{text} + "' is no Boolean";
            break;
    }
    if (!p.allowed.empty() && std::find(p.allowed.begin(), p.allowed.end(), text) == p.allowed.end())
        return "'" + std::string{text} + "' is not among the EnumValues";
    return std::nullopt;
}

const parameter_definition* definition::parameter(std::string_view name) const {
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&](const parameter_definition& p) { return p.name == name; });
    return found == parameters.end() ? nullptr : &*found;
}

std::optional<std::size_t> definition::step(std::string_view name) const {
    const auto found =
        std::find_if(steps.begin(), steps.end(), [&](const step_definition& s) { return s.name == name; });
    if (found == steps.end()) return std::nullopt;
    return static_cast<std::size_t>(found - steps.begin());
}

result<definition> parse_definition(std::string_view text) {
    json::limits limits;
    limits.bytes = definition_bytes_max;
    limits.members = definition_members_max;
    auto document = json::document::parse(text, limits);
    if (!document) return document.error();
    definition out;
    out.document = *std::move(document);
    const json::value root = out.document.root();
    if (!root.is_object()) return wrong("a definition is a JSON object");
    if (root.find("Version").string() != schema_version) return wrong("/Version: has to be \"2020-12-01\"");
    if (auto done = read_parameters(root.find("Parameters"), out); !done) return done.error();
    if (auto done = read_steps(root.find("Steps"), out); !done) return done.error();
    return out;
}

}  // namespace trainyard::aws::local::sagemaker::pipelines
