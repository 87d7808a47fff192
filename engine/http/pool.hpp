// The connection pool of one origin as a pure machine: who gets which slot, who waits, what is too old. It
// holds numbers; the client holds the sockets. Lanes share connections that are idle, never the right to use
// one: each has its own line and places that no other lane can take, so twenty-second long polls cannot
// starve an ack.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/http/client.hpp"

namespace trainyard::http {

constexpr std::size_t lane_count = 3;

struct pool_limits {
    std::size_t lane_max = 64;     // in use by one lane, at least 1
    std::size_t total_max = 128;   // in use and idle together; raised to one per lane when below
    std::size_t lane_reserve = 8;  // places of `total_max` that a lane need not share; cut to what fits
    duration idle_max = std::chrono::seconds{4};
    duration age_max = std::chrono::minutes{5};
};

// Every operation takes amortised constant time, whatever is idle or waits.
class pool {
public:
    using slot = std::uint64_t;    // below total_max; a slot that is gone may be granted anew
    using ticket = std::uint64_t;  // chosen by the caller, unique among those that wait
    struct grant {
        slot which = 0;
        bool open = false;  // connect it first; whatever the slot held is to be dropped
    };

    explicit pool(pool_limits limits);

    // The idle slot used last (so that the others can age), else a new slot, else nothing: then `who` waits
    // in its lane's line.
    std::optional<grant> acquire(lane from, ticket who, mono_time now);
    // The slot's user is done. `reusable`: an exchange ended cleanly and the peer keeps the connection; a
    // slot that is not reusable, or too old, is gone. Gives what became free to who waits longest among those
    // whose lane may have it; that need not be the same slot: ask holds(which) in any case.
    std::optional<std::pair<ticket, grant>> give_back(slot which, bool reusable, mono_time now);
    // A connection was (re)opened in a slot that is in use: its age begins.
    void opened(slot which, mono_time now);
    // False when `who` does not wait (any more).
    bool withdraw(ticket who);
    // Forgets slots that are idle for idle_max; the caller closes them. A slot past its age is not used again
    // and goes here too, idle_max after its last use at the latest.
    std::vector<slot> expire(mono_time now);
    // When expire() has something to do next; max() when nothing is idle.
    mono_time next_expiry() const;

    bool holds(slot which) const;  // idle or in use
    std::size_t in_use() const { return in_use_total_; }
    std::size_t in_use(lane by) const { return lanes_[index(by)].in_use; }
    std::size_t idle() const { return idle_.size(); }
    std::size_t waiting() const { return places_.size(); }

private:
    enum class state : unsigned char { gone, idle, used };
    struct slot_info {
        state is = state::gone;
        lane by = lane::control;  // while used
        mono_time opened{};
    };
    struct idle_slot {
        slot which;
        mono_time since;
    };
    struct waiter {
        ticket who;
        std::uint64_t arrived;  // counts over all lanes
    };
    struct lane_state {
        std::size_t in_use = 0;
        std::list<waiter> line;
    };

    static std::size_t index(lane which) { return static_cast<std::size_t>(which); }
    bool may_use(const lane_state& l) const;
    grant take(lane by, mono_time now);
    lane_state* next_in_line();

    pool_limits limits_;
    std::array<lane_state, lane_count> lanes_;
    std::unordered_map<ticket, std::pair<std::size_t, std::list<waiter>::iterator>>
        places_;  // lane, in its line
    std::vector<slot_info> slots_;
    std::vector<slot> gone_;      // slots to be granted anew
    std::deque<idle_slot> idle_;  // by `since`: the last is the most recently used
    std::size_t in_use_total_ = 0;
    std::uint64_t arrivals_ = 0;
};

}  // namespace trainyard::http
