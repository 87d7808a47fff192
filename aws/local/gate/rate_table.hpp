// Request rates per account and region as AWS has them, and exceptions to them. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/local/gate/call_site.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::local {

// A token bucket: `burst` calls at once after a rest, `per_second` in the long run.
struct rate {
    double per_second = 1;
    double burst = 1;
    friend bool operator==(const rate&, const rate&) = default;
};

inline constexpr std::size_t rate_settings_max = 1000;
inline constexpr double rate_max = 1e9;  // far above what a process answers

// "SERVICE.OPERATION=N[/burst]" in two parts: the rule's name and "N[/burst]". The operation may end in *.
// N of 0 refuses every call. Without a burst it is N, at least 1.
struct rate_setting {
    std::string name;  // "sagemaker.CreateTrainingJob"
    rate value;
};
result<rate_setting> parse_rate_setting(std::string_view text);
// What may be a rate: numbers from 0 to rate_max, a burst of at least 1 unless the rate is 0.
std::optional<error> wrong_rate(const rate& r);
// SERVICE.OPERATION of a service that the local AWS has; the operation of letters, a * at its end.
std::optional<error> wrong_rate_name(std::string_view name);

class rate_table {
public:
    // AWS's own rates apply, beside those that are set; off, only the latter do.
    void use_defaults(bool on) { defaults_ = on; }
    bool uses_defaults() const { return defaults_; }
    // errc::limit beyond rate_settings_max.
    result<void> set(const rate_setting& setting);
    bool erase(std::string_view name) { return settings_.erase(std::string{name}) > 0; }
    void clear() { settings_.clear(); }
    const std::map<std::string, rate>& settings() const { return settings_; }
    bool empty() const { return !defaults_ && settings_.empty(); }

    // The most exact setting, else AWS's rate; nothing: no limit. `high_throughput` says that the queue
    // of the call is a FIFO queue in high throughput mode.
    std::optional<rate> find(const call_site& call, bool high_throughput) const;

private:
    bool defaults_ = false;
    std::map<std::string, rate> settings_;
};

// AWS's rate of a call; README has the table with its sources.
std::optional<rate> default_rate(const call_site& call, bool high_throughput);

}  // namespace trainyard::aws::local
