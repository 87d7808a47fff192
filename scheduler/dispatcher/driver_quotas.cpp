// Asks Service Quotas for what the core wants to know.
#include "scheduler/dispatcher/driver.hpp"

namespace trainyard::dispatcher {
namespace {

constexpr std::string_view quotas_service = "sagemaker";
// Of all pages of one pool. A pool that does not answer starts nothing so long, and then learns from
// refusals.
constexpr duration quotas_timeout = std::chrono::seconds{60};

std::string reason_of(std::string_view what, const aws::api_error& e) {
    std::string out = std::string{what} + ": " + e.to_string();
    if (e.kind == aws::failure::access_denied)
        out += "; allow servicequotas:ListServiceQuotas and servicequotas:ListAWSDefaultServiceQuotas";
    return out;
}

}  // namespace

task<void> driver::discover() {
    while (!state_.stopping) {
        for (std::string& pool : core_.quotas_due(now()))
            trackers_.spawn([this, p = std::move(pool)] { return read_quotas(p); });
        const mono_time later = time_.mono() + std::chrono::hours{1};
        const mono_time until = core_.next_quotas().value_or(later);
        co_await quotas_.wait_until(until);
    }
}

// AWS's defaults are the same for every account of a region and hardly ever change.
task<aws::api_result<std::vector<aws::quotas::quota>>> driver::defaults_of(pool_link& pool, mono_time until) {
    const auto known = quota_defaults_.find(pool.settings.region);
    if (known != quota_defaults_.end()) co_return known->second;
    const std::string service{quotas_service};
    auto read = co_await pool.quotas->list_defaults(service, until);
    if (read) quota_defaults_[pool.settings.region] = *read;
    co_return read;
}

task<void> driver::read_quotas(std::string pool) {
    pool_link& link = aws_.pools.at(pool);
    const std::string service{quotas_service};
    const mono_time until = time_.mono() + quotas_timeout;
    const auto applied = co_await link.quotas->list_applied(service, until);
    std::vector<aws::quotas::quota> defaults;
    std::string problem;
    if (!applied) {
        problem = reason_of("its quotas cannot be read", applied.error());
    } else {
        auto read = co_await defaults_of(link, until);
        if (read)
            defaults = std::move(*read);
        else
            problem = reason_of("the defaults of its quotas cannot be read", read.error());
    }
    if (state_.stopping) co_return;
    const bool was_known = core_.quota_problems().contains(pool);
    if (!problem.empty() && !was_known && options_.on_note)
        options_.on_note("pool " + pool + ": " + problem +
                         "; it runs on what the file says and what AWS refuses");
    if (applied)
        core_.handle_quotas(pool, *applied, defaults, std::move(problem), now());
    else
        core_.handle_quotas_unreadable(pool, std::move(problem), now());
    quotas_.set();
    work_.set();
}

}  // namespace trainyard::dispatcher
