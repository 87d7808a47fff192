// Member constraints checked as SageMaker's front end does: every violation is collected into one text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

service_error validation_exception(std::string message);
// A member of a wrong JSON type; refused before any constraint is looked at.
service_error serialization_exception(std::string message);

class validation {
public:
    // `path` is the member as AWS names it: "trainingJobName", "resourceConfig.instanceCount".
    void not_null(std::string_view path);
    void fail(std::string_view path, std::string_view value, std::string_view rule);

    // Reads a string, absent as nothing; checks its length in characters.
    std::optional<std::string> text(json::value in, std::string_view member, std::string_view path,
                                    bool required, std::size_t min, std::size_t max);
    std::optional<std::int64_t> integer(json::value in, std::string_view member, std::string_view path,
                                        bool required, std::int64_t min, std::int64_t max);
    bool flag(json::value in, std::string_view member);  // absent: false
    // An object or a list; absent and null are missing values.
    json::value structure(json::value in, std::string_view member, std::string_view path, bool required);
    json::value list(json::value in, std::string_view member, std::string_view path, std::size_t min,
                     std::size_t max);
    // Seconds since 1970.
    std::optional<wall_time> timestamp(json::value in, std::string_view member);

    void one_of(const std::optional<std::string>& value, std::string_view path,
                const std::vector<std::string_view>& allowed);

    // The SerializationException, else the ValidationException, if any.
    std::optional<service_error> error() const;

private:
    void wrong_type(std::string_view member, std::string_view expected);
    std::vector<std::string> violations_;
    std::string wrong_type_;
};

// ^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$ without a regular expression.
bool is_job_name(std::string_view name);
inline constexpr std::string_view job_name_pattern = "^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}";
bool is_role_arn(std::string_view arn);
inline constexpr std::string_view role_arn_pattern =
    R"(^arn:aws[a-z\-]*:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+$)";

}  // namespace trainyard::aws::local
