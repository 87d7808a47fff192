#include "aws/local/model/operation_table.hpp"

#include <algorithm>
#include <utility>

#include "aws/local/base/validation.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local::model {
namespace {

std::string joined(const std::vector<std::string_view>& names) {
    std::string out;
    for (const std::string_view n : names) out.append(out.empty() ? "" : ", ").append(n);
    return out.empty() ? "-" : out;
}

bool holds(const std::vector<std::string_view>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

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

service_error json_error(const operation_row&, const invalid& why) {
    return why.what == invalid::kind::serialization ? serialization_exception(why.message)
                                                    : validation_exception(why.message);
}

operation_table::operation_table(const service_model& service, call_errors errors, guard admits)
    : checks_(service), errors_(errors), admits_(std::move(admits)) {}

void operation_table::add(operation_row row) {
    const service_model& known = service();
    const operation* o = known.find(row.name);
    TY_CHECK(o != nullptr, std::string{row.name} + " is no operation of the model");
    for (const auto list : {row.without_effect, row.refused})
        for (const std::string_view name : words(list))
            TY_CHECK(o->input != no_shape && known.find_member(known.at(o->input), name) != nullptr,
                     std::string{row.name} + " has no member " + std::string{name});
    const std::string_view name = row.name;
    TY_CHECK(rows_.emplace(name, std::move(row)).second, std::string{name} + " is added once");
}

service_reply operation_table::handle(const operation_call& call) {
    const auto found = rows_.find(call.operation);
    if (found == rows_.end()) return errors_.unknown(call.operation);
    const operation_row& row = found->second;
    if (const auto problem = checks_.check(*service().find(row.name), call.input))
        return errors_.wrong(row, *problem);
    for (const std::string_view name : words(row.refused))
        if (!call.input.find(name).is_null())
            return errors_.wrong(
                row, {invalid::kind::constraint, "The local AWS does not support " + std::string{name} +
                                                     " of " + std::string{row.name} + "."});
    if (admits_)
        if (auto refused = admits_(call)) return *std::move(refused);
    return row.run(call);
}

std::string coverage_table(const operation_table& table) {
    const service_model& known = table.service();
    std::string out = "| Operation | With effect | Kept, without effect | Refused |\n|---|---|---|---|\n";
    for (const operation& o : known.operations) {
        const auto row = table.rows().find(o.name);
        if (row == table.rows().end()) {
            out.append("| ").append(o.name).append(" | missing: UnknownOperationException | - | - |\n");
            continue;
        }
        const auto inert = words(row->second.without_effect), refused = words(row->second.refused);
        std::vector<std::string_view> effective;
        if (o.input != no_shape)
            for (const member& m : known.members_of(known.at(o.input)))
                if (!holds(inert, m.name) && !holds(refused, m.name)) effective.push_back(m.name);
        out.append("| ").append(o.name).append(" | ").append(joined(effective)).append(" | ");
        out.append(joined(inert)).append(" | ").append(joined(refused)).append(" |\n");
    }
    return out;
}

}  // namespace trainyard::aws::local::model
