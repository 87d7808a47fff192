// Typed reading of an operation's JSON input. The first wrong member is the error; later reads give nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/sqs/queue_attributes.hpp"
#include "aws/local/sqs/sqs_error.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {

class sqs_input {
public:
    explicit sqs_input(json::value object);

    // Views live as long as the document. null counts as absent.
    std::string_view required(std::string_view name);  // a string that is not empty
    std::optional<std::string_view> text(std::string_view name);
    std::optional<std::int64_t> integer(std::string_view name);
    std::int64_t required_integer(std::string_view name);
    std::vector<std::string> texts(std::string_view name);  // empty when absent
    string_map map(std::string_view name);                  // of strings; empty when absent

    bool failed() const { return error_.has_value(); }
    const service_error& error() const { return *error_; }

private:
    json::value member(std::string_view name) const;
    void refuse(json::value found, std::string_view wanted);

    json::value object_;
    std::optional<service_error> error_;
};

}  // namespace trainyard::aws::local
