// FIFO queues: messages of one group in their order, groups beside each other. Pure.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace trainyard::aws::sqs {

// Things that must be worked on one after the other within their group. Whoever gets one calls finished()
// with its group before the next of that group comes. Things without a group (standard queues) wait for
// nobody.
template <class T>
class group_order {
public:
    // The thing itself when it may be worked on now; nothing when it waits behind others of its group.
    std::optional<T> arrived(const std::string& group, T what) {
        if (group.empty()) return what;
        const auto [at, free] = groups_.try_emplace(group);
        if (free) return what;
        at->second.push_back(std::move(what));
        ++waiting_;
        return std::nullopt;
    }

    // The next one of the group, if one waits.
    std::optional<T> finished(const std::string& group) {
        const auto at = groups_.find(group);
        if (at == groups_.end()) return std::nullopt;
        if (at->second.empty()) {
            groups_.erase(at);
            return std::nullopt;
        }
        std::optional<T> next{std::move(at->second.front())};
        at->second.pop_front();
        --waiting_;
        return next;
    }

    // One of a group failed and will be received again, and with it everything behind it: what waited, in
    // order, is to be given back, newest first, so that SQS has the group in its old order.
    std::deque<T> abandoned(const std::string& group) {
        const auto at = groups_.find(group);
        if (at == groups_.end()) return {};
        std::deque<T> behind = std::move(at->second);
        waiting_ -= behind.size();
        groups_.erase(at);
        return {std::make_move_iterator(behind.rbegin()), std::make_move_iterator(behind.rend())};
    }

    std::size_t waiting() const { return waiting_; }
    std::size_t groups() const { return groups_.size(); }  // being worked on

private:
    std::map<std::string, std::deque<T>, std::less<>> groups_;
    std::size_t waiting_ = 0;
};

}  // namespace trainyard::aws::sqs
