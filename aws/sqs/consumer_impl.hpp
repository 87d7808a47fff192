// The driver's inside: what consumer.cpp and consumer_calls.cpp share.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aws/sqs/consumer_machine.hpp"
#include "aws/sqs/consumer_metrics.hpp"
#include "engine/io/event.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::aws::sqs {

struct consumer::impl {
    enum class operation : unsigned char { receive, erase, visibility, send };
    struct queue {
        queue_settings settings;
        message_handler* handler;
        queue_metrics metrics;
        // Calls that are not under way, with the memory of their bodies, by operation.
        std::array<std::vector<std::unique_ptr<call>>, 4> spare{};
    };
    // A batch of deletes that is under way.
    struct delete_work {
        queue_number of = 0;
        deletes::batch batch;
        std::unique_ptr<call> request;
    };

    impl(boost::asio::io_context& context, transport& t, metrics::registry& r, consumer_options o,
         std::uint64_t seed);

    mono_time now() const { return calls.time().mono(); }

    // consumer.cpp
    task<void> run();
    task<void> pump();
    task<void> wind_down();
    void wake_by(mono_time at);
    void tell();
    void after_wish(queue_number of);
    void refresh_metrics();

    // consumer_calls.cpp
    void start_polls();
    task<void> poll_lane(receiver::poll first);
    task<void> poll_once(receiver::poll what);
    task<void> look(std::size_t polled_as);
    void start_looks();
    void start_batches(queue_number of);
    void start_all_batches();
    task<void> delete_lane(delete_work* given);
    task<void> change_lane(queue_number of, changes::batch batch, std::string body);
    task<void> send_lane(queue_number of, sends::batch batch, std::string body);
    std::unique_ptr<call> take_call(queue_number of, operation what);
    void put_call(queue_number of, operation what, std::unique_ptr<call> done);
    task<api_result<http::response>> ask(queue_number of, call& what, mono_time deadline);
    // `patience`: of one attempt.
    task<api_result<http::response>> ask(queue_number of, call& what, duration patience, mono_time deadline);

    boost::asio::io_context& io;
    transport& calls;
    consumer_options options;
    metrics::registry& registry;
    consumer_machine machine;
    std::vector<std::unique_ptr<queue>> queues;
    std::vector<std::unique_ptr<delete_work>> spare_deletes;
    io::event wake, stopped, drained;
    std::string attempt_prefix;  // of the FIFO polls of this consumer alone
    mono_time started{};
    mono_time pump_wakes{};  // when it will by itself
    bool telling = false, stopping = false, finished = false;
    io::task_group pollers, workers;
};

}  // namespace trainyard::aws::sqs
