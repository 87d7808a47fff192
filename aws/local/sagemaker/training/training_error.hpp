// The refusals that several operations on training jobs share.
#pragma once

#include <fmt/format.h>

#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local::sagemaker {

// AWS says so with a ValidationException, not with ResourceNotFound.
inline service_error training_job_not_found() {
    return validation_exception("Requested resource not found.");
}

inline service_error rejected_in_status(std::string_view status) {
    return validation_exception(
        fmt::format("The request was rejected because the training job is in status {}.", status));
}

}  // namespace trainyard::aws::local::sagemaker
