// What Service Quotas says of SageMaker, in the policy's resources, and when each pool is asked. Pure.
//
// SageMaker counts instances by what they are used for, and a fleet file by type alone. So in a fleet that
// discovers, a job needs two things of a pool: "ml.m5.large", which tenants and the file speak of, and
// "ml.m5.large:processing", which has the quota of that use. Spot training has one name for both.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aws/quotas/client.hpp"
#include "engine/base/time.hpp"
#include "scheduler/lifecycle/kinds.hpp"
#include "scheduler/policy/amount.hpp"

namespace trainyard::dispatcher {

enum class instance_use : unsigned char { training, processing, transform, endpoint, spot };
inline constexpr std::size_t instance_uses = 5;
inline constexpr std::string_view spot_suffix = ":spot";

struct quota_subject {
    std::string_view type;  // "ml.g5.xlarge", of the name that was read
    instance_use use = instance_use::training;
};
// "ml.g5.xlarge for spot training job usage"; nothing for totals, rates and uses that no job of ours has.
std::optional<quota_subject> read_quota_name(std::string_view name);

// "ml.m5.large:processing" for an on-demand resource of a processing job. Nothing where the resource itself
// has the quota (spot), and for pipelines, whose steps tell their use to SageMaker alone.
std::optional<std::string> use_of(std::string_view resource, lifecycle::kind k);
// All that use_of() may give for an on-demand resource.
std::vector<std::string> uses_of(std::string_view resource);

// The quotas of every pool. Names stand there once for all pools: SageMaker has thousands.
class quota_table {
public:
    // `defaults` count where nothing is applied.
    void set(const std::string& pool, const std::vector<aws::quotas::quota>& applied,
             const std::vector<aws::quotas::quota>& defaults);
    // Its quotas cannot be read: what AWS refuses is all that will be known. Values that were read stay.
    void set_unreadable(const std::string& pool);
    bool answered(const std::string& pool) const { return pools_.contains(pool); }

    // Of a resource as the policy names it; on-demand: of all its uses together. Nothing until the pool has
    // answered; unlimited for what its answer does not mention.
    std::optional<policy::amount> limit(const std::string& pool, std::string_view resource) const;

private:
    using values = std::array<std::int32_t, instance_uses>;  // not_told where there is none
    void take(std::vector<values>& to, const std::vector<aws::quotas::quota>& from);

    std::unordered_map<std::string, std::size_t> types_;  // order-free: looked up only
    std::map<std::string, std::vector<values>> pools_;    // by type; empty: unreadable
};

// When each pool is asked: at start, then every interval, and again soon where it failed.
class quota_watch {
public:
    static constexpr std::size_t asked_at_once_max = 32;  // pools; each is some sixty calls one by one
    static constexpr duration retry = std::chrono::minutes{1};

    quota_watch(const std::set<std::string>& pools, duration interval, mono_time now);

    std::vector<std::string> due(mono_time now);  // each ends in one handle()
    void handle(const std::string& pool, bool read, mono_time now);
    std::optional<mono_time> next_time() const;  // nothing while only an answer can help
    bool empty() const { return waiting_.empty() && under_way_ == 0; }

private:
    duration interval_;
    std::set<std::pair<mono_time, std::string>> waiting_;
    std::size_t under_way_ = 0;
};

}  // namespace trainyard::dispatcher
