// When and what to list: how the ends of jobs are found without a poll for each. Pure.
//
// Every stream with live attempts is listed each interval as far as it has changed, and now and then whole;
// the pages are the truth. Events bring a listing forward when they come faster than looks may be made.
// Windows are SageMaker's own times, as far as it has told one, because its clock is not ours; due times are
// of the monotonic clock.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/time.hpp"
#include "scheduler/lifecycle/kinds.hpp"

namespace trainyard::lifecycle {

struct tracking_rules {
    duration interval = std::chrono::seconds{30};
    duration whole_every = std::chrono::minutes{5};
    // The window of a listing reaches back so far beyond the newest change seen: a new state may appear in
    // the list some seconds late.
    duration overlap = std::chrono::minutes{2};
    // And that of a whole one so far beyond the oldest live start: as much as clocks may differ.
    duration start_margin = std::chrono::minutes{15};
    duration hint_spacing =
        std::chrono::seconds{2};  // between listings of one stream that events bring forward
    duration retry_base = std::chrono::seconds{1}, retry_cap = std::chrono::minutes{1};  // of a failed page
    int token_retries = 3;            // failures of one page before its listing begins anew: tokens expire
    std::int64_t pages_max = 10'000;  // of one listing; a million jobs
};

// One page to ask for.
struct page_request {
    stream where;
    bool whole = false;
    std::optional<wall_time> changed_after;  // executions cannot be listed by it
    std::optional<wall_time> created_after;
    std::string next_token;
};

struct page_answer {
    bool ok = false;
    std::string next_token;           // empty: the last page. An empty page is not the end.
    std::optional<wall_time> newest;  // LastModifiedTime of what it showed
};

// What a page brought to its end.
struct listing_done {
    bool whole = false;
    wall_time began{};  // of our clock
};

class tracker {
public:
    explicit tracker(tracking_rules r) : rules_(r) {}

    // The stream has live attempts from now on, or has none any more.
    void begin_stream(const stream& where, mono_time mono);
    void end_stream(const stream& where);
    // Pages to ask for now. `oldest` tells the oldest start of a stream. A request is answered by one
    // handle_page() before another of its stream comes.
    template <class Oldest>
    std::vector<page_request> due(Oldest oldest, wall_time wall, mono_time mono) {
        std::vector<page_request> out;
        while (!due_.empty() && due_.begin()->first <= mono) {
            const stream where = due_.extract(due_.begin()).value().second;
            out.push_back(begin(where, streams_.at(where), oldest(where), wall, mono));
        }
        return out;
    }
    // The listing that this page completes, if it does.
    std::optional<listing_done> handle_page(const stream& where, const page_answer& a, mono_time mono);
    // Something changed there; list soon.
    void handle_hint(const stream& where, mono_time mono);
    std::optional<mono_time> next_time() const;  // of due()

private:
    struct state {
        mono_time due{}, whole_due{}, began_mono{};
        bool asked = false;   // not in due_
        bool wanted = false;  // it has live attempts
        // The listing under way; no page yet: empty token and `under_way` false.
        bool under_way = false, whole = false;
        wall_time began{};
        std::optional<wall_time> changed_after, created_after;
        std::string token;
        std::int64_t pages = 0;
        int failures = 0;
        std::optional<wall_time> newest;       // of all listings
        std::optional<wall_time> newest_here;  // of the one under way
    };
    void set_due(const stream& where, state& s, mono_time when);
    std::optional<listing_done> read_page(const stream& where, state& s, const page_answer& a,
                                          mono_time mono);
    page_request begin(const stream& where, state& s, wall_time oldest, wall_time wall, mono_time mono);

    tracking_rules rules_;
    std::map<stream, state> streams_;
    std::set<std::pair<mono_time, stream>> due_;  // of streams whose page is not under way
};

}  // namespace trainyard::lifecycle
