#include <algorithm>

#include "bench/fleet_process.hpp"

namespace trainyard::bench {
namespace {

constexpr duration sts_latency = std::chrono::milliseconds{50};
constexpr duration session = std::chrono::hours{1};  // STS's default
constexpr duration window = std::chrono::minutes{40};

}  // namespace

fleet_roles::fleet_roles(std::size_t accounts, std::uint64_t seed, sim::agenda& time, wall_time epoch)
    : time_(time), epoch_(epoch), limiter_(aws::sts::sts_calls_per_second) {
    for (std::size_t i = 0; i < accounts; ++i)
        roles_.push_back({aws::refresh_machine{{}, rng{seed, i}}, {}, {}});
}

void fleet_roles::with(std::size_t account, std::function<void()> then) {
    using action = aws::refresh_machine::action;
    role& r = roles_[account];
    const action what = r.machine.want(mono_time{time_.now()}, epoch_ + time_.now());
    if (what == action::fetch || what == action::use_and_fetch) fetch(account);
    if (what == action::use || what == action::use_and_fetch) return then();
    r.waiting.push_back(std::move(then));
}

void fleet_roles::fetch(std::size_t account) {
    const mono_time turn = limiter_.reserve(mono_time{time_.now()});
    time_.at(turn - mono_time{}, [this, account] {
        roles_[account].calls.push_back(time_.now());
        time_.after(sts_latency, [this, account] {
            role& r = roles_[account];
            sigv4::credentials keys;
            keys.access_key_id = "ASIA";
            keys.expires_at = epoch_ + time_.now() + session;
            if (r.machine.current() == nullptr) ++held_;
            r.machine.fetched(std::make_shared<const sigv4::credentials>(std::move(keys)),
                              mono_time{time_.now()}, epoch_ + time_.now());
            for (const auto& then : std::exchange(r.waiting, {})) then();
        });
    });
}

fleet_roles::counts fleet_roles::counted() const {
    counts out;
    const auto most_in = [](const std::vector<duration>& sorted, duration w) {
        std::size_t most = 0;
        for (std::size_t i = 0, from = 0; i < sorted.size(); ++i) {
            while (sorted[i] - sorted[from] >= w) ++from;
            most = std::max(most, i - from + 1);
        }
        return most;
    };
    std::vector<duration> all;
    for (const role& r : roles_) {
        out.calls += r.calls.size();
        out.most_per_40_minutes = std::max(out.most_per_40_minutes, most_in(r.calls, window));
        all.insert(all.end(), r.calls.begin(), r.calls.end());
    }
    std::ranges::sort(all);
    out.most_per_second = most_in(all, std::chrono::seconds{1});
    return out;
}

}  // namespace trainyard::bench
