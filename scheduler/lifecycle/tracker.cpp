#include "scheduler/lifecycle/tracker.hpp"

#include <algorithm>

namespace trainyard::lifecycle {

void tracker::set_due(const stream& where, state& s, mono_time when) {
    if (!s.asked) due_.erase({s.due, where});
    s.due = when;
    s.asked = false;
    due_.emplace(when, where);
}

void tracker::begin_stream(const stream& where, mono_time mono) {
    const auto [at, fresh] = streams_.try_emplace(where);
    state& s = at->second;
    s.wanted = true;
    if (!fresh) return;
    s.whole_due = mono;
    set_due(where, s, mono + rules_.interval);
}

// Forgotten, with what was seen of it, once no page is under way: its next listing is whole.
void tracker::end_stream(const stream& where) {
    const auto found = streams_.find(where);
    if (found == streams_.end()) return;
    found->second.wanted = false;
    if (found->second.asked) return;
    due_.erase({found->second.due, where});
    streams_.erase(found);
}

page_request tracker::begin(const stream& where, state& s, wall_time oldest, wall_time wall, mono_time mono) {
    if (!s.under_way) {
        s.under_way = true;
        s.pages = 0;
        s.failures = 0;
        s.token.clear();
        s.newest_here.reset();
        s.began = wall;
        s.began_mono = mono;
        s.whole = !s.newest || mono >= s.whole_due;
        s.changed_after.reset();
        s.created_after.reset();
        if (!s.whole) s.changed_after = *s.newest - rules_.overlap;
        // Jobs older than every live one are nobody's concern, however many the account has.
        if (oldest != wall_time::max() && oldest - wall_time{} > rules_.start_margin)
            s.created_after = oldest - rules_.start_margin;
    }
    s.asked = true;
    return {where, s.whole, s.changed_after, s.created_after, s.token};
}

std::optional<listing_done> tracker::handle_page(const stream& where, const page_answer& a, mono_time mono) {
    const auto found = streams_.find(where);
    if (found == streams_.end() || !found->second.asked) return {};
    state& s = found->second;
    const auto done = read_page(where, s, a, mono);
    if (!s.wanted) end_stream(where);
    return done;
}

std::optional<listing_done> tracker::read_page(const stream& where, state& s, const page_answer& a,
                                               mono_time mono) {
    // A token that leads back to itself would never end.
    const bool repeats = a.ok && !a.next_token.empty() && a.next_token == s.token;
    if (!a.ok || repeats) {
        const int step = std::min(s.failures, 10);
        set_due(where, s, mono + std::min(rules_.retry_cap, rules_.retry_base * (std::int64_t{1} << step)));
        if (++s.failures >= rules_.token_retries && !s.token.empty()) s.under_way = false;
        return {};
    }
    s.failures = 0;
    if (a.newest && (!s.newest_here || *a.newest > *s.newest_here)) s.newest_here = a.newest;
    s.token = a.next_token;
    if (!s.token.empty() && ++s.pages < rules_.pages_max) {
        set_due(where, s, mono);
        return {};
    }
    s.under_way = false;
    set_due(where, s, std::max(mono, s.began_mono + rules_.interval));
    if (s.newest_here && (!s.newest || *s.newest_here > *s.newest)) s.newest = s.newest_here;
    if (s.whole) s.whole_due = s.began_mono + rules_.whole_every;
    return listing_done{s.whole && s.token.empty(), s.began};
}

void tracker::handle_hint(const stream& where, mono_time mono) {
    const auto found = streams_.find(where);
    if (found == streams_.end() || found->second.under_way) return;
    state& s = found->second;
    set_due(where, s, std::min(s.due, std::max(mono, s.began_mono + rules_.hint_spacing)));
}

std::optional<mono_time> tracker::next_time() const {
    return due_.empty() ? std::nullopt : std::optional{due_.begin()->first};
}

}  // namespace trainyard::lifecycle
