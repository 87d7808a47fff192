// Threads of the program: one io_context per thread, sharing nothing. Signals arrive on the first.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

namespace trainyard::io {

// A named thread that runs one io_context until stop() and then drains what is ready.
class io_thread {
public:
    explicit io_thread(std::string name);
    ~io_thread();  // join()
    io_thread(const io_thread&) = delete;
    io_thread& operator=(const io_thread&) = delete;

    boost::asio::io_context& context();
    // Lets run() return once the outstanding work is done; call after every task_group on it was joined.
    // Idempotent.
    void stop() noexcept;
    // stop(), then waits until the thread has ended. Idempotent; from another thread only.
    void join();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

// SIGINT and SIGTERM: the first calls `graceful`, on the context's thread; the second exits the process at
// once with status 130 (SIGINT) or 143 (SIGTERM).
class signal_watch {
public:
    signal_watch(boost::asio::io_context& io, std::function<void()> graceful);
    ~signal_watch();
    signal_watch(const signal_watch&) = delete;
    signal_watch& operator=(const signal_watch&) = delete;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::io
