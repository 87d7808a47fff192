// Structured concurrency: every spawned coroutine belongs to a group, and a group outlives what it spawned.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>

#include "engine/io/task.hpp"

namespace trainyard::io {

// Lives on one io_context and is used from its thread only (spawn() may also be called before the context
// runs). An exception that leaves a spawned coroutine is a programmer error and aborts. The destructor checks
// that the group is empty, so join() is mandatory.
class task_group {
public:
    explicit task_group(boost::asio::io_context& io);
    ~task_group();
    task_group(const task_group&) = delete;
    task_group& operator=(const task_group&) = delete;

    // Starts `make()` on the context. A plain function that calls a named coroutine, never a coroutine
    // lambda.
    void spawn(std::function<task<void>()> make);
    // Delivers terminal cancellation to every member; new members are still accepted (and cancelled at once).
    void cancel();
    std::size_t size() const;
    // Completes when the group is empty. Does not cancel by itself.
    task<void> join();

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace trainyard::io
