// The operations of the local SageMaker, each with what it does and what it does not do with its parameters.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/model/validate.hpp"

namespace trainyard::aws::local::sagemaker {

struct operation_row {
    std::string_view name;  // of the model: "CreateProcessingJob"
    // The input satisfies the model's constraints.
    std::function<service_reply(const operation_call&)> run;
    // Members of the input, separated by spaces: kept and told again but without effect here; and refused.
    // Every other one does what AWS says it does.
    std::string_view without_effect{};
    std::string_view refused{};
};

class operation_table {
public:
    // Asked of every call that satisfies the model, before anything else is: an error is the answer.
    using guard = std::function<std::optional<service_error>(const operation_call&)>;
    explicit operation_table(guard admits = {});

    // Aborts for a name or member that the model does not have, and for a name that is there.
    void add(operation_row row);

    // SerializationException and ValidationException of the model's constraints, a ValidationException for a
    // refused member, UnknownOperationException for an operation that nobody added; else the row's answer.
    service_reply handle(const operation_call& call);

    // By name.
    const std::map<std::string_view, operation_row>& rows() const { return rows_; }

private:
    model::validator checks_;
    guard admits_;
    std::map<std::string_view, operation_row> rows_;
};

// The words of a list like operation_row::refused.
std::vector<std::string_view> words(std::string_view list);

// Errors of SageMaker by their type: "ResourceInUse", "ResourceNotFound", "ResourceLimitExceeded", ...
service_error of_type(std::string_view type, std::string message);

}  // namespace trainyard::aws::local::sagemaker
