// What a message costs its consumer in the steady state of receive, parse, hand over and delete, with
// signatures, digests, deadlines, retries and metrics on. The server is on another thread and not counted.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <time.h>

#include <future>

#include "aws/sqs/consumer.hpp"
#include "engine/base/digest.hpp"
#include "engine/http/server.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/runtime.hpp"
#include "engine/io/task_group.hpp"
#include "tests/support/allocations/allocations.hpp"

namespace trainyard::aws::sqs {
namespace {

constexpr std::size_t body_bytes = 300;
constexpr std::size_t warm_up = 20'000, measured = 60'000;

double thread_cpu_seconds() {
    timespec t{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

// Answers every receive with ten new messages and deletes whatever it is told to.
class endless_queue {
public:
    endless_queue() : body_(body_bytes, 'x'), md5_(md5_hex(body_)) {
        handle_.append(180, 'h');
        server_ = std::make_unique<http::server>(thread_.context(), http::server_options{},
                                                 [this](http::request r) { return answer(std::move(r)); });
        std::promise<std::uint16_t> listening;
        boost::asio::post(thread_.context(),
                          [&] { listening.set_value(server_->listen("127.0.0.1", 0).value()); });
        port = listening.get_future().get();
    }
    ~endless_queue() {
        std::promise<void> done;
        io::task_group group{thread_.context()};
        group.spawn([&] { return close(done); });
        done.get_future().wait();
        thread_.join();
    }

    std::uint16_t port = 0;

private:
    task<void> close(std::promise<void>& done) {
        const mono_time now = io::real_clock().mono();
        co_await server_->shutdown(now);
        done.set_value();
    }
    task<http::response> answer(http::request r) {
        http::response out;
        const bool receive = r.fields.get("x-amz-target").ends_with("ReceiveMessage");
        const std::size_t entries = receive ? 10 : (r.body.size() - 60) / handle_.size();
        out.body = receive ? R"({"Messages":[)" : R"({"Failed":[],"Successful":[)";
        for (std::size_t i = 0; i < std::min<std::size_t>(entries, 10); ++i) {
            if (i > 0) out.body += ',';
            if (receive)
                fmt::format_to(
                    std::back_inserter(out.body),
                    R"({{"MessageId":"{:08x}-0000-4000-8000-000000000000","ReceiptHandle":"{}","MD5OfBody":"{}","Body":"{}","Attributes":{{"ApproximateReceiveCount":"1"}}}})",
                    ++sent_, handle_, md5_, body_);
            else
                fmt::format_to(std::back_inserter(out.body), R"({{"Id":"{}"}})", i);
        }
        out.body += "]}";
        co_return out;
    }

    std::string body_, md5_, handle_;
    std::uint32_t sent_ = 0;
    io::io_thread thread_{"queue"};
    std::unique_ptr<http::server> server_;
};

struct counting_handler : message_handler {
    consumer* of = nullptr;
    std::size_t messages = 0, allocations_before = 0, allocations_after = 0;
    double cpu_before = 0, cpu_after = 0;

    void deliver(const delivery& d) override {
        for (const received& m : d.messages) {
            of->acknowledge(m.ref);
            ++messages;
            if (messages == warm_up) {
                allocations_before = test::allocations_of_thread();
                cpu_before = thread_cpu_seconds();
            } else if (messages == warm_up + measured) {
                allocations_after = test::allocations_of_thread();
                cpu_after = thread_cpu_seconds();
                of->stop();
            }
        }
    }
};

task<void> run_and_close(consumer& c, http::client& http) {
    co_await c.run();
    co_await http.close();
}

// As a dispatcher's consumer: its polls grow with the backlog.
TEST(consumer_cost, of_a_message_in_the_steady_state) {
    endless_queue service;
    boost::asio::io_context io{1};
    metrics::registry registry;
    http::client http{io, {}};
    transport calls{http, io::real_clock(), registry, 1};
    consumer_options options;
    options.receive.polls_per_queue = 8;
    options.deliver_while_stopping = true;
    consumer c{io, calls, registry, options, 1};
    counting_handler handler;
    handler.of = &c;
    queue_settings s;
    s.name = "work";
    s.where.origin = {false, "127.0.0.1", service.port};
    s.where.signing_region = "us-east-1";
    s.url = fmt::format("http://127.0.0.1:{}/123456789012/work", service.port);
    s.who = make_static_provider({"123456789012", secret{"test"}, {}, {}}, "test");
    c.add_queue(s, handler);
    io::task_group group{io};
    group.spawn([&] { return run_and_close(c, http); });
    io.run();

    ASSERT_GE(handler.messages, warm_up + measured);
    EXPECT_EQ(c.counts().duplicates, 0U);
    EXPECT_EQ(c.counts().abandoned, 0U);
    const double each =
        static_cast<double>(handler.allocations_after - handler.allocations_before) / measured;
    const double cpu_us = 1e6 * (handler.cpu_after - handler.cpu_before) / measured;
    const double fill =
        static_cast<double>(c.counts().deleted) / static_cast<double>(c.counts().delete_calls);
    RecordProperty("allocations_a_message", fmt::format("{:.3f}", each));
    RecordProperty("cpu_us_a_message", fmt::format("{:.2f}", cpu_us));
    std::cerr << fmt::format("{:.3f} allocations and {:.2f} us of CPU a message; {:.2f} deletes a call\n",
                             each, cpu_us, fill);
    EXPECT_GT(each, 0) << "the counter does not count";
    EXPECT_LT(each, 8);
    EXPECT_GT(fill, 9.5);
}

}  // namespace
}  // namespace trainyard::aws::sqs
