// The operations of the local SageMaker.
#pragma once

#include <string>
#include <string_view>

#include "aws/local/model/operation_table.hpp"

namespace trainyard::aws::local::sagemaker {

using model::operation_row;

// SerializationException and ValidationException for what breaks the model, UnknownOperationException for
// what nobody added.
class operation_table : public model::operation_table {
public:
    explicit operation_table(guard admits = {});
};

// Errors of SageMaker by their type: "ResourceInUse", "ResourceNotFound", "ResourceLimitExceeded", ...
service_error of_type(std::string_view type, std::string message);

}  // namespace trainyard::aws::local::sagemaker
