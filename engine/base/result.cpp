#include "engine/base/result.hpp"

#include <stdexcept>

namespace trainyard {

std::string_view to_string(errc code) {
    switch (code) {
        case errc::invalid_argument: return "invalid_argument";
        case errc::not_found: return "not_found";
        case errc::already_exists: return "already_exists";
        case errc::permission: return "permission";
        case errc::unreachable: return "unreachable";
        case errc::timeout: return "timeout";
        case errc::limit: return "limit";
        case errc::corrupt: return "corrupt";
        case errc::io: return "io";
        case errc::cancelled: return "cancelled";
        case errc::internal: return "internal";
    }
    return "unknown";
}

error with_context(error e, std::string_view what) {
    e.message.insert(0, ": ");
    e.message.insert(0, what);
    return e;
}

void throw_exception_from_error(const error& e, const boost::source_location& where) {
    throw std::runtime_error(e.message + " (" + where.file_name() + ":" + std::to_string(where.line()) + ")");
}

}  // namespace trainyard
