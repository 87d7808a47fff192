// The errors of Service Quotas as it answers them.
#pragma once

#include <boost/system/result.hpp>
#include <string>

#include "aws/local/base/service.hpp"

namespace trainyard::aws::local::quotas {

// Never of a number or bool: those would also convert to the `status` of an error.
template <class T>
using quotas_result = boost::system::result<T, service_error>;

inline service_error no_such_resource(std::string message) {
    return {404, "NoSuchResourceException", "", std::move(message), true};
}
inline service_error illegal_argument(std::string message) {
    return {400, "IllegalArgumentException", "", std::move(message), true};
}

}  // namespace trainyard::aws::local::quotas
