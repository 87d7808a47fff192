// The quotas of every account and region: applied values, requests for more and what became of them, tags.
// Pure: time is an argument.
#pragma once

#include <compare>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/local/base/kept_part.hpp"
#include "aws/local/quotas/quota_list.hpp"
#include "aws/local/quotas/quota_values.hpp"
#include "aws/local/quotas/quotas_error.hpp"
#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local::quotas {

inline constexpr std::size_t max_open_requests = 20;  // of an account in a region
inline constexpr std::size_t max_requests =
    10'000;                                  // remembered, of all accounts; older closed ones are forgotten
inline constexpr std::size_t max_tags = 50;  // of a quota

// One service in one account and region.
struct quota_scope {
    account_id account;
    region_name region;
    friend auto operator<=>(const quota_scope&, const quota_scope&) = default;
};

struct quota_key {
    quota_scope where;
    std::string_view service;  // of quota_list()
    const quota_definition* what = nullptr;
    std::string arn() const;  // arn:aws:servicequotas:us-east-1:111122223333:sagemaker/L-09B4A649
};

struct increase_request {
    std::string id, case_id, requester;
    quota_key quota;
    double desired = 0;
    bool approved = false;  // else CASE_OPENED
    wall_time created{}, updated{};
    std::uint64_t number = 0;  // in order of time
};

class quota_store final : public kept_part {
public:
    using tag_map = std::map<std::string, std::string>;

    // Requests are approved `approval` after they were made. `enforced` outlives the store.
    quota_store(std::uint64_t seed, duration approval, quota_values& enforced);

    // Approves what is due. Before each operation here, and before each one of a service that enforces.
    void advance(wall_time now);

    // Nothing when AWS's default alone is known: no request for more was approved and nothing here enforces
    // it.
    std::optional<double> applied(const quota_key& key) const;

    // NoSuchResourceException for an unknown service or quota.
    quotas_result<quota_key> find(const quota_scope& where, std::string_view service,
                                  std::string_view code) const;
    std::optional<quota_key> find_arn(const quota_scope& where, std::string_view arn) const;

    quotas_result<const increase_request*> request(const quota_key& key, double desired,
                                                   std::string requester, wall_time now);
    const std::vector<increase_request>& requests() const { return requests_; }  // oldest first
    const increase_request* find_request(const quota_scope& where, std::string_view id) const;

    // To be looked at; change_tags() to be changed.
    const tag_map& tags(const quota_key& key) { return tags_[key.arn()]; }
    tag_map& change_tags(const quota_key& key);

private:
    std::optional<std::string> document(std::string_view key) override;
    bool take_back(std::string_view key, json::value v) override;
    void touched(const increase_request& r);
    void approve(increase_request& r, wall_time when);

    rng random_;
    duration approval_;
    quota_values& enforced_;
    std::map<std::string, double> approved_;  // by ARN
    std::uint64_t last_ = 0;
    std::vector<increase_request> requests_;
    std::map<std::string, tag_map> tags_;  // by ARN
};

}  // namespace trainyard::aws::local::quotas
