// SageMaker in thousands of accounts and regions as a table of jobs: what is created ends after its time, and
// every call is held to AWS's own rates. Far smaller than the local AWS's stores, so that what is measured
// beside it is the dispatcher. Pure: time is an argument.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/time.hpp"
#include "scheduler/lifecycle/kinds.hpp"

namespace trainyard::bench {

enum class fleet_call : unsigned char { create, describe, list, stop };
inline constexpr std::size_t fleet_calls = 4;

class fleet_world {
public:
    explicit fleet_world(std::size_t pools);

    // False: ThrottlingException. Counts.
    bool admit(std::size_t pool, lifecycle::kind k, fleet_call what, duration now);
    double rate(lifecycle::kind k, fleet_call what) const {
        return rates_[static_cast<std::size_t>(k)][static_cast<std::size_t>(what)];
    }

    struct job {
        std::string name;
        std::uint32_t pool = 0;
        lifecycle::kind kind = lifecycle::kind::training;
        duration began{}, ends{};        // an endpoint: in service
        std::optional<duration> gone{};  // an endpoint that was deleted
    };
    // What it gives is the key that Describe takes.
    std::string create(std::size_t pool, lifecycle::kind k, std::string name, duration runs, duration now);
    const job* find(const std::string& key) const;
    void remove(const std::string& key, duration gone);
    // Empty: there is none of that name any more.
    static std::string_view status(const job& j, duration now);

    struct page {
        std::vector<const job*> jobs;
        std::string next_token;
        std::optional<duration> newest;
    };
    page list(std::size_t pool, lifecycle::kind k, std::optional<duration> changed_after,
              std::optional<duration> created_after, const std::string& token, duration now) const;

    std::uint64_t asked(fleet_call what) const { return asked_[static_cast<std::size_t>(what)]; }
    std::uint64_t throttled(fleet_call what) const { return throttled_[static_cast<std::size_t>(what)]; }
    const std::vector<job>& jobs() const { return jobs_; }

private:
    struct bucket {
        double tokens = 0;
        duration last{};
    };
    std::size_t place(std::size_t pool, lifecycle::kind k) const {
        return pool * lifecycle::kind_count + static_cast<std::size_t>(k);
    }

    std::array<std::array<double, fleet_calls>, lifecycle::kind_count> rates_{};
    std::vector<std::array<bucket, fleet_calls>> buckets_;
    std::vector<job> jobs_;
    std::unordered_map<std::string, std::uint32_t> by_key_;  // order-free: looked up only
    std::vector<std::vector<std::uint32_t>> by_place_;       // as they were created
    std::array<std::uint64_t, fleet_calls> asked_{}, throttled_{};
};

}  // namespace trainyard::bench
