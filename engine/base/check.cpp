#include "engine/base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace trainyard {

void check_failed(std::string_view expression, std::string_view reason, std::source_location where) {
    std::fprintf(stderr, "%s:%u: check failed: %.*s (%.*s)\n", where.file_name(), where.line(),
                 static_cast<int>(expression.size()), expression.data(), static_cast<int>(reason.size()),
                 reason.data());
    std::abort();
}

}  // namespace trainyard
