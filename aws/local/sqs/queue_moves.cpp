#include "aws/local/sqs/queue_moves.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace trainyard::aws::local {

namespace {

constexpr std::int64_t second = std::chrono::nanoseconds(std::chrono::seconds(1)).count();

std::int64_t rate_of(const move_task& task) {
    return task.rate.value_or(max_move_rate);
}

// When the message after `moved` others is due; rounded up, so that due_count() agrees.
wall_time due_time(const move_task& task) {
    const auto n = static_cast<std::int64_t>(task.moved), rate = rate_of(task);
    const std::int64_t whole = n / rate, part = (n % rate * second + rate - 1) / rate;
    return task.started + std::chrono::seconds(whole) + duration(part);
}

// How many are due by `now`.
std::size_t due_count(const move_task& task, wall_time now) {
    if (now < task.started) return 0;
    const duration passed = std::min<duration>(now - task.started, max_move_time);
    return static_cast<std::size_t>(passed.count() * rate_of(task) / second + 1);
}

}  // namespace

std::string_view to_string(move_task::state s) {
    switch (s) {
        case move_task::state::running: return "RUNNING";
        case move_task::state::completed: return "COMPLETED";
        case move_task::state::cancelling: return "CANCELLING";
        case move_task::state::cancelled: return "CANCELLED";
        case move_task::state::failed: return "FAILED";
    }
    return "FAILED";
}

sqs_result<const move_task*> queue_moves::start(std::shared_ptr<queue> source,
                                                std::optional<queue_key> destination,
                                                std::optional<std::int64_t> rate, wall_time now) {
    std::deque<move_task>& history = tasks_[source->id];
    if (!history.empty() && history.front().active())
        return sqs_error::invalid_parameter(
            "There is already a task running. Only one active task is allowed for a source queue arn at a "
            "given time.");
    const auto active = std::count_if(due_.begin(), due_.end(), [&](const auto& due) {
        const queue_key& k = tasks_.find(due.second)->second.front().source->key;
        return k.account == source->key.account && k.region == source->key.region;
    });
    if (static_cast<std::size_t>(active) >= max_active_moves)
        return sqs_error::plain("OverLimit", 403,
                                fmt::format("{} active message move tasks were found, maximum allowed is {}.",
                                            active, max_active_moves));
    move_task task;
    task.id = make_uuid(random_).str();
    task.to_move = source->store.count(now).visible;
    task.destination = std::move(destination);
    task.rate = rate;
    task.started = now;
    task.source = std::move(source);
    if (history.size() == max_listed_moves) history.pop_back();
    history.push_front(std::move(task));
    due_.emplace(now, history.front().source->id);
    mark(history.front().source->id);
    return &history.front();
}

std::vector<const move_task*> queue_moves::list(const queue& source, std::size_t max) const {
    std::vector<const move_task*> out;
    const auto found = tasks_.find(source.id);
    if (found == tasks_.end()) return out;
    for (const move_task& task : found->second) {
        if (out.size() == max) break;
        out.push_back(&task);
    }
    return out;
}

sqs_result<const move_task*> queue_moves::cancel(const queue& source, std::string_view task_id) {
    const auto found = tasks_.find(source.id);
    const auto none = [] {
        return sqs_error::plain("ResourceNotFoundException", 404, "Task does not exist.");
    };
    if (found == tasks_.end()) return none();
    const auto task = std::find_if(found->second.begin(), found->second.end(),
                                   [&](const move_task& t) { return t.id == task_id; });
    if (task == found->second.end()) return none();
    if (task->status != move_task::state::running)
        return sqs_error::invalid_parameter(fmt::format(
            "Only a task that is RUNNING can be cancelled; this one is {}.", to_string(task->status)));
    task->status = move_task::state::cancelling;
    mark(source.id);
    return &*task;
}

void queue_moves::forget(const queue& source) {
    tasks_.erase(source.id);
    mark(source.id);
    std::erase_if(due_, [&](const auto& due) { return due.second == source.id; });
}

std::vector<std::shared_ptr<queue>> queue_moves::advance(const queue_registry& queues, wall_time now) {
    std::vector<std::shared_ptr<queue>> changed;
    while (!due_.empty() && due_.begin()->first <= now) {
        const std::uint64_t id = due_.begin()->second;
        due_.erase(due_.begin());
        move_task& task = tasks_.find(id)->second.front();
        run(task, queues, now, changed);
        mark(id);
        if (task.active()) due_.emplace(due_time(task), id);
    }
    return changed;
}

std::optional<wall_time> queue_moves::next() const {
    if (due_.empty()) return std::nullopt;
    return due_.begin()->first;
}

const std::deque<move_task>* queue_moves::history(std::uint64_t source) const {
    const auto found = tasks_.find(source);
    return found == tasks_.end() ? nullptr : &found->second;
}

void queue_moves::restore(std::deque<move_task> tasks) {
    const std::uint64_t id = tasks.front().source->id;
    const auto at = tasks_.insert_or_assign(id, std::move(tasks)).first;
    const move_task& newest = at->second.front();
    if (newest.active()) due_.emplace(due_time(newest), id);
}

void queue_moves::run(move_task& task, const queue_registry& queues, wall_time now,
                      std::vector<std::shared_ptr<queue>>& changed) {
    const auto end = [&](move_task::state s, std::string why = {}) {
        task.status = s;
        task.failure = std::move(why);
    };
    if (task.status == move_task::state::cancelling) return end(move_task::state::cancelled);
    if (now - task.started >= max_move_time)
        return end(move_task::state::failed, "The task has run for 36 hours, as long as a task may.");
    const std::size_t until = std::min(due_count(task, now), task.to_move);
    queue_store& from = task.source->store;
    while (task.moved < until) {
        const queue_message* const m = from.front(now);
        if (m == nullptr) return end(move_task::state::completed);
        std::string failure;
        const auto to = destination_of(task, *m, queues, failure);
        if (!to) return end(move_task::state::failed, std::move(failure));
        to->store.put_moved(from.take_front(), now, random_);
        ++task.moved;
        if (std::find(changed.begin(), changed.end(), to) == changed.end()) changed.push_back(to);
    }
    if (task.moved == task.to_move) end(move_task::state::completed);
}

std::shared_ptr<queue> queue_moves::destination_of(const move_task& task, const queue_message& m,
                                                   const queue_registry& queues, std::string& failure) const {
    const auto key = task.destination ? task.destination : parse_queue_arn(m.dead_letter_source);
    if (!key) {
        failure = "CouldNotDetermineMessageSource";
        return nullptr;
    }
    auto to = queues.find(*key);
    // A queue of the other type may have the name since.
    if (to && to->attributes.fifo() != task.source->attributes.fifo()) to.reset();
    if (!to) failure = "AWS.SimpleQueueService.NonExistentQueue";
    return to;
}

}  // namespace trainyard::aws::local
