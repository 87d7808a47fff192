// The operations of one service of the local AWS, each with what it does and what it does not do with its
// parameters.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/service.hpp"
#include "aws/local/model/validate.hpp"

namespace trainyard::aws::local::model {

struct operation_row {
    std::string_view name;  // of the model: "CreateProcessingJob"
    // The input satisfies the model's constraints.
    std::function<service_reply(const operation_call&)> run;
    // Members of the input, separated by spaces: kept and told again but without effect here; and refused.
    // Every other one does what AWS says it does.
    std::string_view without_effect{};
    std::string_view refused{};
};

// The same for an operation that is a member function.
template <class Service>
struct method_row {
    std::string_view name;
    service_reply (Service::*run)(const operation_call&);
    std::string_view without_effect{};
    std::string_view refused{};
};

// How a service says that a call never reaches a row.
struct call_errors {
    service_error (*unknown)(std::string_view operation);
    service_error (*wrong)(const operation_row& row, const invalid& why);
};

// As the services of the JSON protocol say it: a SerializationException or a ValidationException.
service_error json_error(const operation_row& row, const invalid& why);

class operation_table {
public:
    // Asked of every call that satisfies the model, before anything else is: an error is the answer.
    using guard = std::function<std::optional<service_error>(const operation_call&)>;
    operation_table(const service_model& service, call_errors errors, guard admits = {});

    // Aborts for a name or member that the model does not have, and for a name that is there.
    void add(operation_row row);
    // `service` outlives the table and stays where it is.
    template <class Service>
    void add(Service& service, std::initializer_list<method_row<Service>> rows) {
        for (const method_row<Service>& r : rows)
            add({r.name, [&service, run = r.run](const operation_call& call) { return (service.*run)(call); },
                 r.without_effect, r.refused});
    }

    // The service's errors for an operation that nobody added, for what breaks the model's constraints and
    // for a refused member; else the row's answer.
    service_reply handle(const operation_call& call);

    const service_model& service() const { return checks_.service(); }
    // By name.
    const std::map<std::string_view, operation_row>& rows() const { return rows_; }

private:
    validator checks_;
    call_errors errors_;
    guard admits_;
    std::map<std::string_view, operation_row> rows_;
};

// The words of a list like operation_row::refused.
std::vector<std::string_view> words(std::string_view list);

// What becomes of each parameter of each operation of the model: Markdown, by operation. From the model and
// the rows, so that it cannot be wrong about what is missing.
std::string coverage_table(const operation_table& table);

}  // namespace trainyard::aws::local::model
