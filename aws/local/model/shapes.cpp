#include "aws/local/model/shapes.hpp"

#include <algorithm>

namespace trainyard::aws::local::model {

const operation* service_model::find(std::string_view operation_name) const {
    const auto at = std::lower_bound(operations.begin(), operations.end(), operation_name,
                                     [](const operation& o, std::string_view n) { return o.name < n; });
    return at != operations.end() && at->name == operation_name ? &*at : nullptr;
}

const member* service_model::find_member(const shape& structure, std::string_view name) const {
    for (const member& m : members_of(structure))
        if (m.name == name) return &m;
    return nullptr;
}

}  // namespace trainyard::aws::local::model
