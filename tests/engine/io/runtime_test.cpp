#include "engine/io/runtime.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <future>
#include <string>
#include <thread>

namespace trainyard::io {
namespace {

TEST(io_thread, runs_what_is_posted_on_its_own_thread_until_stopped) {
    std::promise<std::string> name;
    std::thread::id other;
    {
        io_thread thread("a-name-longer-than-fifteen");
        boost::asio::post(thread.context(), [&] {
            other = std::this_thread::get_id();
            char text[16] = {};
            ::pthread_getname_np(::pthread_self(), text, sizeof text);
            name.set_value(text);
        });
        EXPECT_EQ(name.get_future().get(), "a-name-longer-t");
        thread.stop();
        thread.stop();
    }
    EXPECT_TRUE(other != std::this_thread::get_id());
}

TEST(io_thread, drains_what_is_ready) {
    int count = 0;
    {
        io_thread thread("drain");
        for (int i = 0; i < 100; ++i) boost::asio::post(thread.context(), [&] { ++count; });
    }
    EXPECT_EQ(count, 100);
}

TEST(signal_watch, the_first_signal_is_graceful) {
    boost::asio::io_context context{1};
    int calls = 0;
    {
        const signal_watch watch(context, [&] { ++calls; });
        ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
        context.run_for(std::chrono::seconds{5});
    }
    EXPECT_EQ(calls, 1);
}

void two_signals(int number) {
    boost::asio::io_context context{1};
    const signal_watch watch(context, [number] { ::raise(number); });
    ::raise(number);
    context.run_for(std::chrono::seconds{5});
}

TEST(signal_watch_death, the_second_signal_exits_at_once) {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    EXPECT_EXIT(two_signals(SIGINT), ::testing::ExitedWithCode(130), "");
    EXPECT_EXIT(two_signals(SIGTERM), ::testing::ExitedWithCode(143), "");
}

}  // namespace
}  // namespace trainyard::io
