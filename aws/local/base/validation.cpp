#include "aws/local/base/validation.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {
namespace {

bool letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

std::size_t characters(std::string_view utf8) {
    return static_cast<std::size_t>(std::count_if(
        utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace

service_error validation_exception(std::string message) {
    return {400, "ValidationException", "", std::move(message), true};
}

service_error serialization_exception(std::string message) {
    return {400, "SerializationException", "", std::move(message), true};
}

void validation::not_null(std::string_view path) {
    violations_.push_back("Value null at '" + std::string{path} +
                          "' failed to satisfy constraint: Member must not be null");
}

void validation::fail(std::string_view path, std::string_view value, std::string_view rule) {
    violations_.push_back("Value '" + printable(value) + "' at '" + std::string{path} +
                          "' failed to satisfy constraint: Member must " + std::string{rule});
}

void validation::wrong_type(std::string_view member, std::string_view expected) {
    if (wrong_type_.empty())
        wrong_type_ = "The member " + std::string{member} + " must be " + std::string{expected} + ".";
}

std::optional<std::string> validation::text(json::value in, std::string_view member, std::string_view path,
                                            bool required, std::size_t min, std::size_t max) {
    const json::value v = in.find(member);
    if (v.is_null()) {
        if (required) not_null(path);
        return std::nullopt;
    }
    const auto s = v.string();
    if (!s) {
        wrong_type(member, "a string");
        return std::nullopt;
    }
    const std::size_t n = characters(*s);
    if (n < min) fail(path, *s, "have length greater than or equal to " + std::to_string(min));
    if (n > max) fail(path, *s, "have length less than or equal to " + std::to_string(max));
    return std::string{*s};
}

std::optional<std::int64_t> validation::integer(json::value in, std::string_view member,
                                                std::string_view path, bool required, std::int64_t min,
                                                std::int64_t max) {
    const json::value v = in.find(member);
    if (v.is_null()) {
        if (required) not_null(path);
        return std::nullopt;
    }
    const auto n = v.integer();
    if (!n) {
        wrong_type(member, "an integer");
        return std::nullopt;
    }
    if (*n < min)
        fail(path, std::to_string(*n), "have value greater than or equal to " + std::to_string(min));
    if (*n > max) fail(path, std::to_string(*n), "have value less than or equal to " + std::to_string(max));
    return n;
}

bool validation::flag(json::value in, std::string_view member) {
    const json::value v = in.find(member);
    if (v.is_null()) return false;
    const auto b = v.boolean();
    if (!b) wrong_type(member, "true or false");
    return b.value_or(false);
}

json::value validation::structure(json::value in, std::string_view member, std::string_view path,
                                  bool required) {
    const json::value v = in.find(member);
    if (v.is_null()) {
        if (required) not_null(path);
        return {};
    }
    if (v.is_object()) return v;
    wrong_type(member, "an object");
    return {};
}

json::value validation::list(json::value in, std::string_view member, std::string_view path, std::size_t min,
                             std::size_t max) {
    const json::value v = in.find(member);
    if (v.is_null()) return {};
    if (!v.is_array()) {
        wrong_type(member, "a list");
        return {};
    }
    if (v.size() < min)
        fail(path, json::to_text(v), "have length greater than or equal to " + std::to_string(min));
    if (v.size() > max)
        fail(path, json::to_text(v), "have length less than or equal to " + std::to_string(max));
    return v;
}

std::optional<wall_time> validation::timestamp(json::value in, std::string_view member) {
    const json::value v = in.find(member);
    if (v.is_null()) return std::nullopt;
    const auto seconds = v.number();
    // Years 1678 to 2262 are what a wall_time holds.
    if (!seconds || std::abs(*seconds) > 9e9) {
        wrong_type(member, "a time in seconds since 1970");
        return std::nullopt;
    }
    // Milliseconds, the precision of every timestamp that is compared with it.
    return from_unix_millis(std::llround(*seconds * 1000));
}

void validation::one_of(const std::optional<std::string>& value, std::string_view path,
                        const std::vector<std::string_view>& allowed) {
    if (!value || std::find(allowed.begin(), allowed.end(), *value) != allowed.end()) return;
    std::string rule = "satisfy enum value set: [";
    for (std::size_t i = 0; i < allowed.size(); ++i) rule.append(i ? ", " : "").append(allowed[i]);
    fail(path, *value, rule + "]");
}

std::optional<service_error> validation::error() const {
    if (!wrong_type_.empty()) return serialization_exception(wrong_type_);
    if (violations_.empty()) return std::nullopt;
    std::string text =
        std::to_string(violations_.size()) +
        (violations_.size() == 1 ? " validation error detected: " : " validation errors detected: ");
    for (std::size_t i = 0; i < violations_.size(); ++i) text.append(i ? "; " : "").append(violations_[i]);
    return validation_exception(std::move(text));
}

bool is_job_name(std::string_view name) {
    if (name.empty() || name.size() > 63 || name.front() == '-' || name.back() == '-') return false;
    return std::all_of(name.begin(), name.end(), [](char c) { return letter_or_digit(c) || c == '-'; });
}

bool is_role_arn(std::string_view arn) {
    if (!arn.starts_with("arn:aws")) return false;
    arn.remove_prefix(7);
    const auto partition = arn.find(':');
    if (partition == std::string_view::npos) return false;
    for (const char c : arn.substr(0, partition))
        if (!((c >= 'a' && c <= 'z') || c == '-')) return false;
    arn.remove_prefix(partition);
    if (!arn.starts_with(":iam::")) return false;
    arn.remove_prefix(6);
    if (arn.size() < 12 ||
        !std::all_of(arn.begin(), arn.begin() + 12, [](char c) { return c >= '0' && c <= '9'; }))
        return false;
    arn.remove_prefix(12);
    if (!arn.starts_with(":role")) return false;
    arn.remove_prefix(5);
    return !arn.empty() && std::all_of(arn.begin(), arn.end(), [](char c) {
        return letter_or_digit(c) || std::string_view{"_+=,.@-/"}.find(c) != std::string_view::npos;
    });
}

}  // namespace trainyard::aws::local
