// A consumer with a handler that notes what it is given, against the local AWS.
#pragma once

#include <functional>
#include <map>

#include "aws/sqs/consumer.hpp"
#include "engine/io/event.hpp"
#include "engine/io/task_group.hpp"
#include "tests/aws/end_to_end/end_to_end.hpp"

namespace trainyard::aws::sqs {

struct noting_handler : message_handler {
    std::map<std::string, int> bodies;  // how often each was handed over
    std::vector<std::string> order;
    std::vector<abandoned_entry> given_up;
    std::size_t batches = 0;
    // What to do with a message; by default it is acknowledged.
    std::function<void(consumer&, const received&)> act = [](consumer& c, const received& m) {
        c.acknowledge(m.ref);
    };
    consumer* of = nullptr;
    io::event* told = nullptr;

    void deliver(const delivery& d) override {
        ++batches;
        for (const received& m : d.messages) {
            ++bodies[std::string{m.message.body}];
            order.emplace_back(m.message.body);
            act(*of, m);
        }
        told->set();
    }
    void abandoned(const abandoned_entry& e) override { given_up.push_back(e); }
};

class consumer_test : public end_to_end {
protected:
    explicit consumer_test(local::world_options options = {}) : end_to_end(std::move(options)) {
        handler_.told = &told_;
    }
    std::string make_queue(const std::string& name, std::map<std::string, std::string> attributes = {}) {
        return *run(queues().create_queue(name, std::move(attributes), soon()));
    }
    queue_settings settings(const std::string& url) {
        queue_settings s;
        s.name = url.substr(url.rfind('/') + 1);
        s.url = url;
        s.where = where_;
        s.who = who_;
        return s;
    }
    static consumer_options quick() {
        consumer_options o;
        o.receive.long_wait_seconds = 1;
        o.deliver_while_stopping = true;
        return o;
    }
    // Until `done` says so, or too long; then stops the consumer and waits for its end.
    task<bool> consume(consumer& c, std::function<bool()> done) {
        io::task_group group{io_};
        group.spawn([&c] { return c.run(); });
        const mono_time until = soon();
        bool fine = done();
        while (!fine && io::real_clock().mono() < until) {
            const mono_time nap = io::real_clock().mono() + std::chrono::milliseconds{5};
            co_await told_.wait_until(nap);
            fine = done();
        }
        c.stop();
        co_await group.join();
        co_return fine;
    }
    task<bool> fill(consumer& c, queue_number to, int messages) {
        int stored = 0;
        for (int i = 0; i < messages; ++i) {
            send_entry e;
            e.body = "message " + std::to_string(i);
            c.send(to, std::move(e),
                   [&stored](const sent* done, const failed_entry*) { stored += done != nullptr; });
        }
        co_return co_await consume(c, [&] { return stored == messages; });
    }
    // Visible and in flight.
    std::pair<std::string, std::string> left(const std::string& url) {
        const auto a = run(queues().get_queue_attributes(
            url, {"ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"}, soon()));
        return {a->at("ApproximateNumberOfMessages"), a->at("ApproximateNumberOfMessagesNotVisible")};
    }

    io::event told_{io_};
    noting_handler handler_;
};

inline const std::pair<std::string, std::string> nothing_left{"0", "0"};

}  // namespace trainyard::aws::sqs
