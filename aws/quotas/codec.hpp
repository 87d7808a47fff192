// Service Quotas' bodies in AWS JSON 1.1, in and out. Pure; every error is errc::corrupt and says what is
// wrong.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/quotas/client.hpp"

namespace trainyard::aws::quotas {

inline constexpr int page_max = 100;  // as many as AWS gives at once

std::string encode_list(std::string_view service, std::string_view next_token);

struct quota_page {
    std::vector<quota> quotas;
    std::string next_token;
};
// Quotas without a number, which AWS could not read, are left out.
result<quota_page> decode_page(std::string_view body);

}  // namespace trainyard::aws::quotas
