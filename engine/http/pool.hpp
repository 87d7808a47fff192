// The connection pool of one origin and lane as a pure machine: who gets which slot, who waits, what is too
// old. It holds numbers; the client holds the sockets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::http {

struct pool_limits {
    std::size_t connections_max = 64;
    duration idle_max = std::chrono::seconds{4};
    duration age_max = std::chrono::minutes{5};
};

class pool {
public:
    using slot = std::uint64_t;
    using ticket = std::uint64_t;  // chosen by the caller, unique among those that wait
    struct grant {
        slot which = 0;
        bool open = false;  // connect it first; whatever the slot held is to be dropped
    };

    explicit pool(pool_limits limits) : limits_(limits) {}

    // The idle slot used last (so that the others can age), else a new slot, else nothing: then `who` waits
    // in line.
    std::optional<grant> acquire(ticket who, mono_time now);
    // The slot's user is done. `reusable`: an exchange ended cleanly and the peer keeps the connection. Gives
    // the slot to the first in line; without one, a slot that is not reusable is gone.
    std::optional<std::pair<ticket, grant>> give_back(slot which, bool reusable, mono_time now);
    // A connection was (re)opened in a slot that is in use: its age begins.
    void opened(slot which, mono_time now);
    // False when `who` does not wait (any more).
    bool withdraw(ticket who);
    // Forgets idle slots that are idle or alive for too long; the caller closes them.
    std::vector<slot> expire(mono_time now);
    // When expire() has something to do next; max() when nothing is idle.
    mono_time next_expiry() const;

    bool holds(slot which) const { return slots_.count(which) > 0; }  // idle or in use
    std::size_t in_use() const { return slots_.size() - idle_.size(); }
    std::size_t idle() const { return idle_.size(); }
    std::size_t waiting() const { return line_.size(); }

private:
    struct idle_slot {
        slot which;
        mono_time expires;
    };

    pool_limits limits_;
    std::map<slot, mono_time> slots_;  // when opened
    std::vector<idle_slot> idle_;      // the last is the most recently used
    std::deque<ticket> line_;
    slot next_ = 1;
};

}  // namespace trainyard::http
