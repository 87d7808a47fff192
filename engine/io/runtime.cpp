#include "engine/io/runtime.hpp"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/signal_set.hpp>
#include <thread>

namespace trainyard::io {
namespace {

namespace asio = boost::asio;

constexpr std::size_t thread_name_max = 15;  // pthread_setname_np(3)

extern "C" void exit_on_second_signal(int number) {
    ::_exit(128 + number);
}

void install(void (*what)(int)) {
    struct sigaction action{};
    action.sa_handler = what;
    sigemptyset(&action.sa_mask);
    for (const int number : {SIGINT, SIGTERM}) ::sigaction(number, &action, nullptr);
}

}  // namespace

struct io_thread::impl {
    asio::io_context context{1};
    asio::executor_work_guard<asio::io_context::executor_type> work = asio::make_work_guard(context);
    std::atomic<bool> stopped = false;
    std::thread thread;
};

io_thread::io_thread(std::string name) : impl_(std::make_unique<impl>()) {
    name.resize(std::min(name.size(), thread_name_max));
    impl_->thread = std::thread([state = impl_.get(), name = std::move(name)] {
        ::pthread_setname_np(::pthread_self(), name.c_str());
        state->context.run();
    });
}

io_thread::~io_thread() {
    join();
}

void io_thread::join() {
    stop();
    if (impl_->thread.joinable()) impl_->thread.join();
}

asio::io_context& io_thread::context() {
    return impl_->context;
}

void io_thread::stop() noexcept {
    if (!impl_->stopped.exchange(true)) impl_->work.reset();
}

struct signal_watch::impl {
    explicit impl(asio::io_context& io) : signals(io, SIGINT, SIGTERM) {}
    asio::signal_set signals;
    bool second_exits = false;
};

signal_watch::signal_watch(asio::io_context& io, std::function<void()> graceful)
    : impl_(std::make_unique<impl>(io)) {
    impl_->signals.async_wait(
        [this, act = std::move(graceful)](const boost::system::error_code& failure, int /*number*/) {
            if (failure) return;  // destroyed
            // From here on the handler exits by itself, so a second signal works even when the context is
            // stuck.
            impl_->signals.clear();
            install(exit_on_second_signal);
            impl_->second_exits = true;
            act();
        });
}

signal_watch::~signal_watch() {
    if (impl_->second_exits) install(SIG_DFL);
}

}  // namespace trainyard::io
