// How much is free in each pool from now on, as far as expected runtimes tell: a step function for each
// resource.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "scheduler/policy/fleet.hpp"
#include "scheduler/policy/reservation.hpp"

namespace trainyard::policy {

class room_profile {
public:
    struct place {
        index pool = no_index;
        std::int64_t at = end_of_time;
    };

    // `from`: now, in nanoseconds since 1970.
    room_profile(const fleet& f, const std::vector<std::vector<endings>>& ends, std::int64_t from)
        : fleet_(f), ends_(ends), from_(from) {}

    // The first time at which one of the pools has room for so long. `lane`: only its pools; no_index: all.
    place earliest(const std::vector<index>& pools, const needs& n, std::int64_t runtime, index lane);
    bool has_room(index pool, const needs& n, std::int64_t at, std::int64_t runtime);
    void take(index pool, const needs& n, std::int64_t at, std::int64_t runtime);
    void took(index pool, const needs& n, std::int64_t at,
              std::int64_t runtime);  // what the pool counts already
    void keep(const reservation& r);

private:
    struct step {
        std::int64_t at, free;
    };
    using line = std::vector<step>;

    line& line_of(index pool, index resource);  // no_index: job slots
    std::int64_t earliest_in(index pool, const needs& n, std::int64_t runtime);
    static std::int64_t fit(const line& l, std::int64_t wanted, std::int64_t from, std::int64_t runtime);
    static void subtract(line& l, std::int64_t wanted, std::int64_t from, std::int64_t runtime);

    const fleet& fleet_;
    const std::vector<std::vector<endings>>& ends_;
    std::int64_t from_;
    std::map<std::pair<index, index>, line> lines_;
};

}  // namespace trainyard::policy
