// Message move tasks (DLQ redrive): which messages leave a dead-letter queue when, and for where. Pure: a
// task advances when it is told the time, and next() says when that is worth it. Rules: StartMessageMoveTask,
// ListMessageMoveTasks and CancelMessageMoveTask of the SQS API reference, "DLQ redrive" of the developer
// guide.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/sqs/queue_registry.hpp"

namespace trainyard::aws::local {

inline constexpr std::int64_t max_move_rate = 500;    // messages a second; also the rate when none is given
inline constexpr std::size_t max_active_moves = 100;  // of one account and region
inline constexpr std::size_t max_listed_moves = 10;   // as many does a queue remember
inline constexpr std::chrono::hours max_move_time{36};

struct move_task {
    enum class state : unsigned char { running, completed, cancelling, cancelled, failed };

    std::string id;
    std::shared_ptr<queue> source;
    std::optional<queue_key> destination;  // none: every message goes back to the queue that gave it up
    std::optional<std::int64_t> rate;      // as asked for, 1 to max_move_rate
    state status = state::running;
    std::size_t moved = 0;
    std::size_t to_move = 0;  // visible when the task began; later ones are not its business
    std::string failure;
    wall_time started{};

    bool active() const { return status == state::running || status == state::cancelling; }
};
std::string_view to_string(move_task::state s);  // RUNNING, ...

class queue_moves {
public:
    explicit queue_moves(rng random) : random_(random) {}

    // The first message is due at once, the n-th (n - 1) / rate seconds later. `rate` is in range. Fails
    // while another task of `source` is active, and with max_active_moves active ones in its account and
    // region.
    sqs_result<const move_task*> start(std::shared_ptr<queue> source, std::optional<queue_key> destination,
                                       std::optional<std::int64_t> rate, wall_time now);
    // Newest first.
    std::vector<const move_task*> list(const queue& source, std::size_t max) const;
    // What was moved stays moved. The task is cancelled when its next message would have been due. Fails
    // unless it runs.
    sqs_result<const move_task*> cancel(const queue& source, std::string_view task_id);
    // After `source` was deleted.
    void forget(const queue& source);

    // Moves what is due by `now`. Gives the queues that got messages, each once.
    std::vector<std::shared_ptr<queue>> advance(const queue_registry& queues, wall_time now);
    // When a message is due, or a task ends.
    std::optional<wall_time> next() const;

    // The queues whose tasks changed are remembered from now on, by id.
    void keep_changes() { changed_.emplace(); }
    bool changed() const { return changed_ && !changed_->empty(); }
    std::set<std::uint64_t> take_changes() { return std::exchange(*changed_, {}); }
    // Newest first; null when it has none.
    const std::deque<move_task>* history(std::uint64_t source) const;
    // Into a value that nothing else was done to; the tasks of one source, not empty.
    void restore(std::deque<move_task> tasks);

private:
    void mark(std::uint64_t source) {
        if (changed_) changed_->insert(source);
    }
    std::shared_ptr<queue> destination_of(const move_task& task, const queue_message& m,
                                          const queue_registry& queues, std::string& failure) const;
    void run(move_task& task, const queue_registry& queues, wall_time now,
             std::vector<std::shared_ptr<queue>>& changed);

    rng random_;
    std::map<std::uint64_t, std::deque<move_task>> tasks_;  // by the id of the source, newest first
    std::set<std::pair<wall_time, std::uint64_t>> due_;     // active tasks: only a front one can be active
    std::optional<std::set<std::uint64_t>> changed_;        // none: nobody wants to know
};

}  // namespace trainyard::aws::local
