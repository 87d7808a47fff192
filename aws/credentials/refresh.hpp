// When to fetch temporary credentials, which set to use meanwhile, and when to give up. A pure state machine:
// the driver (refreshing.cpp) reports events and does what it is told.
#pragma once

#include <chrono>
#include <optional>

#include "aws/credentials/provider.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::aws {

struct refresh_options {
    duration early_min = std::chrono::minutes{5};  // refresh at least this long before expiry
    double early_share = 0.2;                      // or this share of the set's life, whichever is more
    double jitter_share = 0.1;  // of the life, earlier still: many roles do not refresh together
    duration failure_pause = std::chrono::seconds{60};  // between fetches that fail while a good set is held
    duration failure_pause_empty = std::chrono::seconds{1};  // the same without a usable set
    duration expiry_margin = std::chrono::seconds{10};       // a set with less life than this is not used
    // Instance metadata alone keeps answering with an expired set while its backend is down, and services go
    // on to accept it: such a set is used until a service refuses it, and asked for again every
    // failure_pause.
    bool use_expired = false;
};

class refresh_machine {
public:
    refresh_machine(refresh_options options, rng random) : options_(options), random_(random) {}

    enum class action {
        use,            // current() is good
        fetch,          // start a fetch (single flight: fetching() is true from now on) and wait for it
        use_and_fetch,  // current() is good; start a fetch beside it
        wait,           // a fetch runs and no usable set is held
        fail,           // no usable set, and the last fetch failed a moment ago: last_error()
    };
    // Somebody wants credentials.
    action want(mono_time mono, wall_time wall);
    // The fetch ended. A set that has already expired counts as a failure.
    void fetched(result<credentials_snapshot> outcome, mono_time mono, wall_time wall);
    // The fetch was cancelled: that says nothing about the source, the next want() fetches.
    void abandoned() { fetching_ = false; }
    // The service refuses this set. Ignored when a newer one is held.
    void invalidate(const sigv4::credentials& stale);

    const credentials_snapshot& current() const { return current_; }
    const error& last_error() const { return last_error_; }
    bool fetching() const { return fetching_; }

private:
    bool usable(wall_time wall) const;

    refresh_options options_;
    rng random_;
    credentials_snapshot current_;
    wall_time refresh_at_{};
    bool fetching_ = false;
    std::optional<mono_time> failed_at_;
    error last_error_{errc::permission, "no credentials were fetched yet"};
};

}  // namespace trainyard::aws
