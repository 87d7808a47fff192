#include "aws/local/sagemaker/common/operation_table.hpp"

#include <utility>

#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

service_error unknown(std::string_view) {
    return of_type("UnknownOperationException", "");
}

}  // namespace

service_error of_type(std::string_view type, std::string message) {
    return {400, std::string{type}, "", std::move(message), true};
}

operation_table::operation_table(guard admits)
    : model::operation_table(model::sagemaker_model(), {unknown, model::json_error}, std::move(admits)) {}

}  // namespace trainyard::aws::local::sagemaker
