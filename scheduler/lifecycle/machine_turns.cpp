// The order of a FIFO message group, where its queue asks for one: whose turn it is to start.
//
// Ids grow in the order in which messages are taken in, which within a group is the order in which they were
// sent. What counts as passed follows from what is durable, so a restart changes nobody's turn: a job was
// started when SageMaker has accepted an attempt, and a refused one gives its number back.
#include <fmt/format.h>

#include "scheduler/lifecycle/machine.hpp"

namespace trainyard::lifecycle {
namespace {

bool was_started(const job& j) {
    switch (j.state) {
        case state::pending: return j.attempt >= 1;
        case state::starting: return j.attempt >= 2;
        default: return true;
    }
}

}  // namespace

std::string machine::group_of(const job& j) {
    return j.facts.queue + "\n" + j.facts.terms.turn.group;
}

void machine::enter_group(const job& j) {
    if (!has_turn(j)) return;
    group_line& line = groups_[group_of(j)];
    line.live.insert(j.facts.id);
    if (!was_started(j)) line.waiting.insert(j.facts.id);
}

// The job was started for the first time, or has ended. Whose turn it is now is looked at when time passes
// next.
void machine::passed_in_group(const job& j, bool ended, wall_time now) {
    if (!has_turn(j)) return;
    const auto found = groups_.find(group_of(j));
    if (found == groups_.end()) return;
    group_line& line = found->second;
    line.waiting.erase(j.facts.id);
    if (ended) line.live.erase(j.facts.id);
    if (line.live.empty()) {
        groups_.erase(found);
        return;
    }
    for (const auto* of : {&line.live, &line.waiting})
        if (!of->empty() && held_.contains(*of->begin())) wait_until(*of->begin(), now);
}

// The job that has to be started, or to end, first; null: its turn has come.
const job* machine::ahead_in_group(const job& j) const {
    if (!has_turn(j)) return nullptr;
    const group_line& line = groups_.at(group_of(j));
    const auto& of = j.facts.terms.turn.rule == group_rule::end ? line.live : line.waiting;
    if (of.empty() || *of.begin() >= j.facts.id) return nullptr;
    return &jobs_.at(*of.begin());
}

// `later` waits for the turn of `j`, or will.
bool machine::comes_after(const job& later, const job& j) const {
    return has_turn(j) && has_turn(later) && later.facts.id > j.facts.id && !is_terminal(later.state) &&
           group_of(later) == group_of(j);
}

std::string machine::held_by(job_id id) const {
    const job* j = find(id);
    if (j == nullptr || j->state != state::pending) return {};
    if (const job* first = held_.contains(id) ? ahead_in_group(*j) : nullptr)
        return fmt::format("waits for its turn in message group {} of queue {}: {} ({}) has not {} yet",
                           j->facts.terms.turn.group, j->facts.queue, to_text(first->facts.id),
                           first->facts.name,
                           j->facts.terms.turn.rule == group_rule::end ? "ended" : "started");
    if (j->facts.terms.depends_on.jobs.empty() || j->progress.released) return {};
    std::string names;
    for (const std::string& name : j->facts.terms.depends_on.jobs) {
        const job* other = dependency_of(*j, name);
        if (other == nullptr || !is_terminal(other->state)) names += (names.empty() ? "" : ", ") + name;
    }
    return "waits for jobs that it depends on: " + names;
}

}  // namespace trainyard::lifecycle
