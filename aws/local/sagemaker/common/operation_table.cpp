#include "aws/local/sagemaker/common/operation_table.hpp"

#include <utility>

#include "aws/local/base/validation.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::sagemaker {

std::vector<std::string_view> words(std::string_view list) {
    std::vector<std::string_view> out;
    while (!list.empty()) {
        const auto space = list.find(' ');
        if (space != 0) out.push_back(list.substr(0, space));
        if (space == std::string_view::npos) break;
        list.remove_prefix(space + 1);
    }
    return out;
}

service_error of_type(std::string_view type, std::string message) {
    return {400, std::string{type}, "", std::move(message), true};
}

operation_table::operation_table(guard admits)
    : checks_(model::sagemaker_model()), admits_(std::move(admits)) {}

void operation_table::add(operation_row row) {
    const model::service_model& known = checks_.service();
    const model::operation* o = known.find(row.name);
    TY_CHECK(o != nullptr, std::string{row.name} + " is no operation of SageMaker's model");
    for (const auto list : {row.without_effect, row.refused})
        for (const std::string_view name : words(list))
            TY_CHECK(o->input != model::no_shape && known.find_member(known.at(o->input), name) != nullptr,
                     std::string{row.name} + " has no member " + std::string{name});
    const std::string_view name = row.name;
    TY_CHECK(rows_.emplace(name, std::move(row)).second, std::string{name} + " is added once");
}

service_reply operation_table::handle(const operation_call& call) {
    const auto found = rows_.find(call.operation);
    if (found == rows_.end()) return of_type("UnknownOperationException", "");
    const operation_row& row = found->second;
    if (const auto problem = checks_.check(*checks_.service().find(row.name), call.input))
        return problem->what == model::invalid::kind::serialization
                   ? serialization_exception(problem->message)
                   : validation_exception(problem->message);
    for (const std::string_view name : words(row.refused))
        if (!call.input.find(name).is_null())
            return validation_exception("The local AWS does not support " + std::string{name} + " of " +
                                        std::string{row.name} + ".");
    if (admits_)
        if (auto refused = admits_(call)) return *std::move(refused);
    return row.run(call);
}

}  // namespace trainyard::aws::local::sagemaker
