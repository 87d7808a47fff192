// From a message to a job, and what becomes of messages that may have ended the program.
#include <fmt/format.h>

#include <algorithm>

#include "scheduler/lifecycle/machine.hpp"

namespace trainyard::lifecycle {

std::optional<job_id> machine::handle_message(const incoming_message& m, const std::string& receipt_handle,
                                              const queue_rules& rules, wall_time now) {
    ++counters_.received;
    std::string key = dedup_key(m);
    if (by_dedup_.contains(key)) {
        ++counters_.duplicates;
        delete_deliveries(m, {receipt_handle});
        return std::nullopt;
    }
    // Behind a suspect of its group a message waits, or it would be taken in before it.
    const bool behind = !m.group_id.empty() && rules.group_order != group_rule::none &&
                        std::any_of(suspects_.begin(), suspects_.end(), [&m](const suspect& s) {
                            return s.message.queue == m.queue && s.message.group_id == m.group_id;
                        });
    if (m.receive_count < timing_.suspect_receives && !marks_.contains(key) && !behind) {
        delete_deliveries(m, {receipt_handle});
        return take_in(m, admit(m, rules), now);
    }
    for (suspect& s : suspects_) {
        if (s.key != key) continue;
        ++counters_.duplicates;
        s.receipt_handles.push_back(receipt_handle);
        return std::nullopt;
    }
    suspects_.push_back({std::move(key), m, {receipt_handle}, &rules});
    next_suspect(now);
    return std::nullopt;
}

// A delete leaves only after everything recorded so far, the job of the first delivery included.
void machine::delete_deliveries(const incoming_message& m, const std::vector<std::string>& receipt_handles) {
    for (const std::string& handle : receipt_handles)
        out_.effects.push_back(effect::delete_message{m.queue, m.message_id, handle});
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
    if (marks_.erase(key) > 0) r.mark = record::reading{key, 0};
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

// One at a time, so that a message which ends the program marks nobody but itself.
void machine::next_suspect(wall_time now) {
    while (!marking_ && !suspects_.empty()) {
        const suspect& first = suspects_.front();
        int& times = marks_[first.key];
        if (times < timing_.marked_crashes) {
            ++times;
            record r;
            r.mark = record::reading{first.key, times};
            r.when = now;
            out_.records.push_back(std::move(r));
            out_.effects.push_back(effect::admit{first.key});
            marking_ = true;
            return;
        }
        ++counters_.quarantined;
        admission unread;
        unread.facts.queue = first.message.queue;
        unread.facts.message_id = first.message.message_id;
        unread.facts.dedup_key = first.key;
        unread.refused = rejection{
            fmt::format("the program ended {} times while it read this message; it is set aside unread",
                        times),
            ""};
        delete_deliveries(first.message, first.receipt_handles);
        take_in(first.message, std::move(unread), now);
        suspects_.pop_front();
    }
}

void machine::handle_admit(const std::string& key, wall_time now) {
    if (!marking_ || suspects_.front().key != key) return;
    const suspect s = std::move(suspects_.front());
    suspects_.pop_front();
    marking_ = false;
    delete_deliveries(s.message, s.receipt_handles);
    if (!by_dedup_.contains(key)) take_in(s.message, admit(s.message, *s.rules), now);
    next_suspect(now);
}

}  // namespace trainyard::lifecycle
