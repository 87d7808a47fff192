#include "aws/local/sagemaker/common/coverage.hpp"

#include <algorithm>

#include "aws/local/model/shapes.hpp"

namespace trainyard::aws::local::sagemaker {
namespace {

std::string joined(const std::vector<std::string_view>& names) {
    std::string out;
    for (const std::string_view n : names) out.append(out.empty() ? "" : ", ").append(n);
    return out.empty() ? "-" : out;
}

}  // namespace

std::string coverage_table(const operation_table& table) {
    const model::service_model& known = model::sagemaker_model();
    std::string out = "| Operation | With effect | Kept, without effect | Refused |\n|---|---|---|---|\n";
    for (const model::operation& o : known.operations) {
        const auto row = table.rows().find(o.name);
        std::vector<std::string_view> inert, refused, effective;
        if (row == table.rows().end()) {
            out.append("| ").append(o.name).append(" | missing: UnknownOperationException | - | - |\n");
            continue;
        }
        inert = words(row->second.without_effect);
        refused = words(row->second.refused);
        if (o.input != model::no_shape)
            for (const model::member& m : known.members_of(known.at(o.input)))
                if (std::find(inert.begin(), inert.end(), m.name) == inert.end() &&
                    std::find(refused.begin(), refused.end(), m.name) == refused.end())
                    effective.push_back(m.name);
        out.append("| ").append(o.name).append(" | ").append(joined(effective)).append(" | ");
        out.append(joined(inert)).append(" | ").append(joined(refused)).append(" |\n");
    }
    return out;
}

}  // namespace trainyard::aws::local::sagemaker
