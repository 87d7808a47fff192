// The dispatcher of run_fleet(): its core, obeyed as its driver obeys it. It decides nothing.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "aws/credentials/refresh.hpp"
#include "aws/sts/limiter.hpp"
#include "bench/fleet_run.hpp"
#include "scheduler/dispatcher/core.hpp"
#include "scheduler/sim/agenda.hpp"

namespace trainyard::bench {

inline constexpr const char* fleet_installation = "fleet";

// The roles of every account: the production machines that say when to fetch, and the limit of STS.
class fleet_roles {
public:
    fleet_roles(std::size_t accounts, std::uint64_t seed, sim::agenda& time, wall_time epoch);
    // Runs `then` once the account's role is held.
    void with(std::size_t account, std::function<void()> then);

    bool all_held() const { return held_ == roles_.size(); }
    struct counts {
        std::uint64_t calls = 0;
        std::size_t most_per_second = 0, most_per_40_minutes = 0;
    };
    counts counted() const;

private:
    struct role {
        aws::refresh_machine machine;
        std::vector<std::function<void()>> waiting;
        std::vector<duration> calls;
    };
    void fetch(std::size_t account);

    sim::agenda& time_;
    wall_time epoch_;
    aws::sts::call_limiter limiter_;
    std::vector<role> roles_;
    std::size_t held_ = 0;
};

class fleet_process {
public:
    fleet_process(const fleet_shape& shape, const config::fleet& fleet, sim::agenda& time, wall_time epoch);

    void receive(std::string id, std::string body);
    dispatcher::core& core() { return core_; }
    fleet_world& world() { return world_; }
    fleet_roles& roles() { return roles_; }
    std::uint64_t turns() const { return turns_; }
    // Told of every start that SageMaker accepted, and of every end (of an endpoint: that it serves) that was
    // recorded.
    std::function<void(const fleet_world::job&)> on_started, on_seen;

private:
    using ref = lifecycle::effect::attempt_ref;
    using budget_of = dispatcher::budget dispatcher::pool_budgets::*;

    dispatcher::instant now() const;
    duration latency() { return std::chrono::microseconds{dice_.between(5'000, 25'000)}; }
    void kick();
    void turn();
    void committed(lifecycle::batch b);
    void note(const lifecycle::record& r);
    std::size_t pool_of(const std::string& name) const { return pools_.at(name); }
    void within(const ref& what, budget_of which, std::function<void()> then);
    // One call: role, way there, SageMaker's limit, `serve` at the other end, way back. `then`: whether it
    // was served.
    void call(const ref& what, fleet_call kind, budget_of which, std::function<void()> serve,
              std::function<void(bool)> then);
    void create(const ref& what);
    void describe(const ref& what, bool verify);
    void stop(const ref& what);
    void track();
    void list(const lifecycle::page_request& what);
    void tell_of(const fleet_world::job& j, std::string_view status, duration when);

    const fleet_shape& shape_;
    sim::agenda& time_;
    wall_time epoch_;
    rng dice_;
    std::unordered_map<std::string, std::size_t> pools_;       // order-free: looked up only
    std::vector<std::pair<std::string, std::string>> places_;  // account and region of each pool
    dispatcher::core core_;
    fleet_world world_;
    fleet_roles roles_;
    bool kicked_ = false;
    std::optional<duration> wake_, page_wake_;
    std::uint64_t turns_ = 0;
};

}  // namespace trainyard::bench
