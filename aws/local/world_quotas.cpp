#include "aws/local/world_quotas.hpp"

#include <cmath>

namespace trainyard::aws::local {
namespace {

constexpr std::string_view kept_limit = "limit";

}  // namespace

std::optional<double> world_quotas::find(const account_id& account, const region_name& region,
                                         std::string_view quota) const {
    const auto known = sagemaker::read_quota_name(quota);
    if (!known) return std::nullopt;
    const std::int64_t limit = book_.limit(account, region, known->first, known->second);
    if (limit == sagemaker::no_limit) return std::nullopt;  // a total that nobody has set
    return static_cast<double>(limit);
}

void world_quotas::set(const account_id& account, const region_name& region, std::string_view quota,
                       double value) {
    const auto known = sagemaker::read_quota_name(quota);
    if (!known) return;
    book_.set_limit(account, region, known->first, known->second, std::llround(value));
    touch(kept_limit, account, region, quota);
}

std::optional<std::string> world_quotas::document(std::string_view key) {
    kept_key_reader parts{key};
    parts.next();
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    const auto value = find(account, region, parts.rest());
    return value ? std::optional{kept::text_of(*value)} : std::nullopt;
}

bool world_quotas::take_back(std::string_view key, json::value v) {
    kept_key_reader parts{key};
    double value = 0;
    if (parts.next() != kept_limit || !kept::read(v, value)) return false;
    const account_id account{parts.next()};
    const region_name region{parts.next()};
    set(account, region, parts.rest(), value);
    return true;
}

}  // namespace trainyard::aws::local
