#include "scheduler/cli/doctor_limits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>

#include "engine/io/real_clock.hpp"
#include "scheduler/dispatcher/links.hpp"
#include "scheduler/dispatcher/quotas.hpp"

namespace trainyard::cli {
namespace {

constexpr duration pages_patience = std::chrono::seconds{60};

}  // namespace

task<void> examine_limits(const config::fleet& fleet, aws::transport& t, const aws::environment& env,
                          aws::identity& who, std::shared_ptr<aws::credentials_provider> base,
                          std::vector<examined_limits>& out) {
    auto pools = dispatcher::connect_pools(fleet, t, env, who, base);
    if (!pools) {
        out.push_back({"", 0, pools.error().message});
        co_return;
    }
    for (auto& [name, link] : *pools) {
        if (!link.quotas) continue;
        examined_limits one;
        one.pool = name;
        const std::string service = "sagemaker";
        const mono_time until = io::real_clock().mono() + pages_patience;
        const auto read = co_await link.quotas->list_applied(service, until);
        if (read)
            one.quotas =
                static_cast<std::size_t>(std::ranges::count_if(*read, [](const aws::quotas::quota& q) {
                    return dispatcher::read_quota_name(q.name).has_value();
                }));
        else
            one.problem = read.error().to_string();
        out.push_back(std::move(one));
    }
}

void write_limits(json::writer& w, const std::vector<examined_limits>& all) {
    w.key("limits").begin_array();
    for (const examined_limits& l : all) {
        w.begin_object()
            .member("pool", l.pool)
            .member("quotas", static_cast<std::int64_t>(l.quotas))
            .key("error");
        l.problem.empty() ? w.null() : w.string(l.problem);
        w.end_object();
    }
    w.end_array();
}

void print_limits(const std::vector<examined_limits>& all) {
    for (const examined_limits& l : all)
        if (l.problem.empty())
            std::cout << fmt::format("limits of pool {}: {} quotas of instances were read\n", l.pool,
                                     l.quotas);
        else
            std::cout << fmt::format(
                "limits of pool {}: {}\n    allow servicequotas:ListServiceQuotas and "
                "servicequotas:ListAWSDefaultServiceQuotas to its role, or state its limits in the fleet "
                "file\n",
                l.pool, l.problem);
    std::cout << std::flush;
}

}  // namespace trainyard::cli
