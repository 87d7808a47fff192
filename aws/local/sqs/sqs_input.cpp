#include "aws/local/sqs/sqs_input.hpp"

#include <fmt/format.h>

namespace trainyard::aws::local {

sqs_input::sqs_input(json::value object) : object_(object) {
    if (!object.is_object()) refuse(object, "an Object");
}

json::value sqs_input::member(std::string_view name) const {
    return failed() ? json::value{} : object_.find(name);
}

void sqs_input::refuse(json::value found, std::string_view wanted) {
    if (failed()) return;
    std::string_view shown = "NULL_VALUE";
    switch (found.kind()) {
        case json::kind::null: break;
        case json::kind::boolean: shown = found.boolean() == true ? "TRUE_VALUE" : "FALSE_VALUE"; break;
        case json::kind::number: shown = "NUMBER_VALUE"; break;
        case json::kind::string: shown = "STRING_VALUE"; break;
        case json::kind::array: shown = "START_ARRAY"; break;
        case json::kind::object: shown = "START_OBJECT"; break;
    }
    error_ = sqs_error::malformed_input(fmt::format("{} can not be converted to {}", shown, wanted));
}

std::optional<std::string_view> sqs_input::text(std::string_view name) {
    const json::value v = member(name);
    if (v.is_null()) return std::nullopt;
    if (!v.is_string()) refuse(v, "a String");
    return v.string();
}

std::string_view sqs_input::required(std::string_view name) {
    const auto v = text(name);
    if (!failed() && (!v || v->empty())) error_ = sqs_error::missing_parameter(name);
    return v.value_or("");
}

std::optional<std::int64_t> sqs_input::integer(std::string_view name) {
    const json::value v = member(name);
    if (v.is_null()) return std::nullopt;
    const auto n = v.integer();
    if (!n) refuse(v, "an Integer");
    return n;
}

std::int64_t sqs_input::required_integer(std::string_view name) {
    const auto v = integer(name);
    if (!failed() && !v) error_ = sqs_error::missing_parameter(name);
    return v.value_or(0);
}

std::vector<std::string> sqs_input::texts(std::string_view name) {
    std::vector<std::string> out;
    const json::value list = member(name);
    if (list.is_null()) return out;
    if (!list.is_array()) refuse(list, "a List");
    for (const json::value v : list.elements()) {
        if (v.is_string())
            out.emplace_back(*v.string());
        else
            refuse(v, "a String");
    }
    return out;
}

string_map sqs_input::map(std::string_view name) {
    string_map out;
    const json::value object = member(name);
    if (object.is_null()) return out;
    if (!object.is_object()) refuse(object, "a Map");
    const auto all = object.members();
    for (auto at = all.begin(); at != all.end(); ++at) {
        if ((*at).is_string())
            out.emplace(at.key(), *(*at).string());
        else
            refuse(*at, "a String");
    }
    return out;
}

}  // namespace trainyard::aws::local
