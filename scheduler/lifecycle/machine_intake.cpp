// From a message to a job, and what becomes of messages that may have ended the program.
#include <fmt/format.h>

#include "scheduler/lifecycle/machine.hpp"

namespace trainyard::lifecycle {

std::optional<job_id> machine::handle_message(const incoming_message& m, const std::string& receipt_handle,
                                              const queue_rules& rules, wall_time now) {
    ++counters_.received;
    const std::string key = dedup_key(m);
    // A delete leaves only after everything recorded so far, the job of the first delivery included.
    out_.effects.push_back(effect::delete_message{m.queue, m.message_id, receipt_handle});
    if (by_dedup_.contains(key)) {
        ++counters_.duplicates;
        return std::nullopt;
    }
    if (const auto found = crashes_.find(key);
        found != crashes_.end() && found->second >= timing_.reading_crashes)
        return set_aside(m, found->second, now);
    return take_in(m, admit(m, rules), now);
}

job_id machine::take_in(const incoming_message& m, admission a, wall_time now) {
    const std::string key = dedup_key(m);
    const job_id id = new_id(now);
    a.facts.id = id;
    a.facts.accepted = now;
    job& j = jobs_[id];
    j.facts = std::move(a.facts);
    j.updated = now;
    by_dedup_.emplace(key, id);
    newest_[j.facts.tenant + "\n" + j.facts.name] = id;
    record r;
    r.id = id;
    r.accepted = j.facts;
    r.when = now;
    if (crashes_.erase(key) > 0) r.mark = record::reading{key, 0};
    if (!a.refused) {
        ++counters_.accepted;
        ++live_;
        r.body = std::move(a.request);
        out_.records.push_back(std::move(r));
        if (const auto e = expires(j)) wait_until(id, *e);
        enter_group(j);
        if (has_turn(j)) wake_dependents(j, now);  // one that comes before it in its group cannot wait for it
        make_ready(j, now);
        return id;
    }
    ++counters_.rejected;
    j.state = r.to = state::rejected;
    j.reason = r.reason =
        a.refused->pointer.empty() ? a.refused->reason : a.refused->pointer + ": " + a.refused->reason;
    r.body = m.body;
    const outlets o = outlets_.contains(m.queue) ? outlets_.at(m.queue) : outlets{};
    if (o.reject || o.results) {
        j.progress.result_due = r.progress.result_due = true;
        ++untold_;
    }
    if (o.results) {
        out_.effects.push_back(effect::tell{id});
    } else {
        out_.effects.push_back(effect::copy_rejected{m.queue, m.body, j.reason, to_text(id)});
    }
    out_.records.push_back(std::move(r));
    wake_dependents(j, now);
    return id;
}

job_id machine::set_aside(const incoming_message& m, int crashes, wall_time now) {
    ++counters_.quarantined;
    admission unread;
    unread.facts.queue = m.queue;
    unread.facts.message_id = m.message_id;
    unread.facts.dedup_key = dedup_key(m);
    unread.refused = rejection{
        fmt::format("the program ended {} times while it read this message; it is set aside unread", crashes),
        ""};
    return take_in(m, std::move(unread), now);
}

}  // namespace trainyard::lifecycle
