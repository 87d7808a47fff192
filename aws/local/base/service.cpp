#include "aws/local/base/service.hpp"

#include <stdexcept>

namespace trainyard::aws::local {

void throw_exception_from_error(const service_error& e, const boost::source_location&) {
    throw std::runtime_error(e.type + ": " + e.message);
}

}  // namespace trainyard::aws::local
