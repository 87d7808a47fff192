#include "aws/local/base/paging.hpp"

#include "aws/local/base/validation.hpp"

namespace trainyard::aws::local {

service_error wrong_token() {
    return validation_exception("The NextToken is not one that this listing gave.");
}

std::string time_key(wall_time t, std::string_view name) {
    const std::string millis = std::to_string(std::max<std::int64_t>(0, to_unix_millis(t)));
    constexpr std::size_t digits = 20;
    return std::string(digits - millis.size(), '0') + millis + "/" + std::string{name};
}

}  // namespace trainyard::aws::local
