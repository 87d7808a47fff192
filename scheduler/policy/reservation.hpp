// Room that is kept for a job which cannot start yet, from what the running jobs are expected to give back.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "scheduler/policy/demand_class.hpp"
#include "scheduler/policy/sorted_blocks.hpp"

namespace trainyard::policy {

inline constexpr std::int64_t end_of_time = std::numeric_limits<std::int64_t>::max();

// What a running job gives back of one resource, and when.
struct ending {
    std::int64_t at = 0;  // nanoseconds since 1970
    std::uint64_t id = 0;
    std::int64_t instances = 0;
    std::int64_t runtime() const { return at; }
    friend bool operator<(const ending& a, const ending& b) {
        return a.at != b.at ? a.at < b.at : a.id < b.id;
    }
};
using endings = sorted_blocks<ending>;

struct reservation {
    struct line {
        index resource = 0;  // no_index: job slots
        std::int64_t spare = 0;
        std::int64_t wanted = 0;
    };
    std::uint64_t job = 0;
    index pool = no_index;  // none: the job could start at no known time
    std::int64_t at = end_of_time;
    std::vector<line> lines;

    // Whether a job that ends at `end` would take what is kept.
    bool conflicts(index p, const needs& n, std::int64_t end) const {
        if (p != pool || end <= at) return false;
        for (const line& l : lines)
            if (l.resource == no_index) {
                if (l.spare < 1) return true;
            } else {
                for (const need& x : n)
                    if (x.resource == l.resource && x.instances.count() > l.spare) return true;
            }
        return false;
    }
    void started(index p, const needs& n, std::int64_t end) {
        if (p != pool || end <= at) return;
        for (line& l : lines)
            if (l.resource == no_index) {
                --l.spare;
            } else {
                for (const need& x : n)
                    if (x.resource == l.resource) l.spare -= x.instances.count();
            }
    }
};

}  // namespace trainyard::policy
