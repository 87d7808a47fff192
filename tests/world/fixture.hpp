// A local AWS and a dispatcher, each on a thread of its own, joined by loopback HTTP.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <filesystem>
#include <future>
#include <map>
#include <set>

#include "aws/local/world.hpp"
#include "aws/sqs/client.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/runtime.hpp"
#include "engine/io/task_group.hpp"
#include "scheduler/dispatcher/run.hpp"

namespace trainyard {

class local_environment final : public aws::environment {
public:
    explicit local_environment(std::string endpoint, std::string secret, std::string account = "000000000000",
                               std::string s3 = {})
        : endpoint_(std::move(endpoint)),
          secret_(std::move(secret)),
          account_(std::move(account)),
          s3_(std::move(s3)) {}
    std::string get(const std::string& variable) const override {
        if (variable == "AWS_ACCESS_KEY_ID") return account_;
        if (variable == "AWS_SECRET_ACCESS_KEY") return secret_;
        if (variable == "AWS_ENDPOINT_URL") return endpoint_;
        if (variable == "AWS_ENDPOINT_URL_S3") return s3_;
        return {};
    }

private:
    std::string endpoint_, secret_, account_, s3_;
};

class World : public ::testing::Test {
protected:
    template <class F>
    auto on_aws(F f) -> decltype(f()) {
        std::promise<decltype(f())> answer;
        boost::asio::post(aws_thread_->context(), [&] { answer.set_value(f()); });
        return answer.get_future().get();
    }

    void SetUp() override {
        directory = std::filesystem::path{::testing::TempDir()} / ("ty-world-" + std::to_string(getpid()));
        std::filesystem::create_directories(directory);
    }
    void TearDown() override {
        if (aws_) close_aws();
        std::filesystem::remove_all(directory);
    }

    void open_aws(aws::local::world_options options = {}) {
        options.time_scale = 1000;
        aws_thread_ = std::make_unique<io::io_thread>("local-aws");
        aws_tasks_ = std::make_unique<io::task_group>(aws_thread_->context());
        aws_ =
            std::make_unique<aws::local::world>(aws_thread_->context(), io::real_clock(), options, registry_);
        const auto port = on_aws([this] { return aws_->listen("127.0.0.1", 0); });
        ASSERT_TRUE(port) << port.error().message;
        endpoint = "http://127.0.0.1:" + std::to_string(*port);
    }
    void close_aws() {
        std::promise<void> done;
        aws_tasks_->spawn([this, &done] { return shut_down(done); });
        done.get_future().wait();
        aws_thread_->join();
        aws_tasks_.reset();
        aws_.reset();
    }
    std::vector<aws::local::accepted_create> creates() {
        return on_aws([this] { return aws_->creates(); });
    }
    aws::local::world_stats stats() {
        return on_aws([this] { return aws_->stats(); });
    }
    std::size_t messages_left() { return stats().messages; }
    // What the dispatcher told its operator.
    const std::vector<std::string>& notes() const { return notes_; }

    std::string fleet_yaml(const std::string& queue_keys = "", const std::string& more = "") const {
        return "installation: test\nledger: ledger.db\nadmin: off\nreconcile_seconds: 0.05\n"
               "accounts:\n"
               "  - {id: \"111111111111\", role: arn:aws:iam::111111111111:role/spoke,\n"
               "     execution_role: arn:aws:iam::111111111111:role/exec, bucket: s3://b,\n"
               "     regions: [us-east-1, us-west-2], limits: {ml.m5.xlarge: 20},\n"
               "     api_rates: {create: 1000, stop: 1000, describe: 1000, list: 100}}\n"
               "tenants:\n  - {name: vision, quota: {ml.m5.xlarge: 30}}\n  - {name: speech}\n"
               "queues:\n  - {name: jobs, region: us-east-1, tenants: [vision, speech]" +
               queue_keys + "}\n" + more;
    }
    // Runs the dispatcher until the queue is empty and every job has ended.
    dispatcher::run_report run(const std::string& yaml, const std::string& secret = "test") {
        auto fleet = config::parse_fleet(yaml, "fleet.yaml", directory.string(), {});
        EXPECT_TRUE(fleet) << fleet.error().message;
        const local_environment env{endpoint, secret, "000000000000", s3_endpoint};
        boost::asio::io_context io;
        dispatcher::run_options options;
        options.driver.until_idle = true;
        options.driver.on_note = [this](const std::string& text) { notes_.push_back(text); };
        options.driver.poll_wait_seconds = 1;
        options.timing.backoff_base = 20ms;
        options.timing.refused_base = 20ms;
        options.timing.verify_base = 20ms;
        options.timing.late_create = 1s;
        options.timing.visible_after = 20ms;
        dispatcher::run_instance instance{io, std::move(*fleet), options, env};
        dispatcher::run_report report;
        io::task_group group{io};
        group.spawn([&] { return keep(instance, report); });
        io.run();
        return report;
    }
    void send(const std::vector<std::string>& bodies, const std::string& queue = "jobs",
              const std::map<std::string, std::string>& attributes = {}) {
        std::vector<aws::sqs::send_entry> entries;
        for (const std::string& body : bodies) {
            aws::sqs::send_entry e;
            e.id = "0";
            e.body = body;
            if (queue.ends_with(".fifo")) {
                e.group_id = "g" + std::to_string(entries.size() % 3);
                e.deduplication_id = std::to_string(entries.size());
            }
            entries.push_back(std::move(e));
        }
        send_entries(entries, queue, attributes);
    }
    void send_entries(const std::vector<aws::sqs::send_entry>& entries, const std::string& queue = "jobs",
                      const std::map<std::string, std::string>& attributes = {}) {
        boost::asio::io_context io;
        io::task_group group{io};
        group.spawn([&] { return send_all(io, entries, queue, attributes); });
        io.run();
    }
    // One call as the account itself, as its owner would make it; gives the answer's body.
    std::string call(const std::string& service, const std::string& target, const std::string& body,
                     const std::string& account = "111111111111", const std::string& region = "us-east-1") {
        std::string out;
        boost::asio::io_context io;
        io::task_group group{io};
        group.spawn([&] { return call_once(io, service, target, body, account, region, out); });
        io.run();
        return out;
    }
    // What a queue holds now, read and not deleted.
    std::vector<aws::sqs::message> peek(const std::string& queue) {
        std::vector<aws::sqs::message> out;
        boost::asio::io_context io;
        io::task_group group{io};
        group.spawn([&] { return receive_all(io, queue, out); });
        io.run();
        return out;
    }

    std::filesystem::path directory;
    std::string endpoint;
    std::string s3_endpoint;  // empty: the same

private:
    task<void> shut_down(std::promise<void>& done) {
        const mono_time grace = io::real_clock().mono() + 1s;
        co_await aws_->shutdown(grace);
        done.set_value();
    }
    static task<void> keep(dispatcher::run_instance& instance, dispatcher::run_report& report) {
        report = co_await instance.run();
    }
    task<void> call_once(boost::asio::io_context& io, std::string service, std::string target,
                         std::string body, std::string account, std::string region, std::string& out) {
        http::client http{io, {}};
        metrics::registry registry;
        aws::transport transport{http, io::real_clock(), registry, 1};
        const local_environment env{endpoint, "test", account};
        const auto who = aws::make_static_provider(aws::read_environment_keys(env).value(), "test");
        const auto where = aws::resolve_endpoint(service, region, env).value();
        const mono_time deadline = io::real_clock().mono() + 20s;
        auto what = aws::make_json_call(service, target, "1.1", where, body, deadline);
        const auto answer = co_await transport.send(std::move(what), who);
        EXPECT_TRUE(answer) << answer.error().to_string();
        if (answer) out = answer->body;
        co_await http.close();
    }
    task<void> send_all(boost::asio::io_context& io, const std::vector<aws::sqs::send_entry>& entries,
                        std::string queue, std::map<std::string, std::string> attributes) {
        http::client http{io, {}};
        metrics::registry registry;
        aws::transport transport{http, io::real_clock(), registry, 1};
        const local_environment env{endpoint, "test"};
        const auto who = aws::make_static_provider(aws::read_environment_keys(env).value(), "test");
        const auto where = aws::resolve_endpoint("sqs", "us-east-1", env).value();
        aws::sqs::client client{transport, where, who};
        const mono_time deadline = io::real_clock().mono() + 20s;
        const auto url = co_await client.create_queue(queue, attributes, deadline);
        EXPECT_TRUE(url) << url.error().to_string();
        for (const aws::sqs::send_entry& e : entries) {
            const auto sent = co_await client.send(*url, e, deadline);
            EXPECT_TRUE(sent) << sent.error().to_string();
        }
        co_await http.close();
    }
    task<void> receive_all(boost::asio::io_context& io, std::string queue,
                           std::vector<aws::sqs::message>& out) {
        http::client http{io, {}};
        metrics::registry registry;
        aws::transport transport{http, io::real_clock(), registry, 1};
        const local_environment env{endpoint, "test"};
        const auto who = aws::make_static_provider(aws::read_environment_keys(env).value(), "test");
        const auto where = aws::resolve_endpoint("sqs", "us-east-1", env).value();
        aws::sqs::client client{transport, where, who};
        const std::string owner;
        const mono_time deadline = io::real_clock().mono() + 20s;
        const auto url = co_await client.get_queue_url(queue, owner, deadline);
        EXPECT_TRUE(url) << url.error().to_string();
        for (bool more = true; more;) {
            aws::sqs::receive_options options;
            options.wait_seconds = 0;
            auto got = co_await client.receive(*url, options, deadline);
            EXPECT_TRUE(got) << got.error().to_string();
            more = got && !got->empty();
            if (got)
                for (auto& m : *got) out.push_back(std::move(m));
        }
        co_await http.close();
    }

    std::vector<std::string> notes_;
    metrics::registry registry_;
    std::unique_ptr<io::io_thread> aws_thread_;
    std::unique_ptr<io::task_group> aws_tasks_;
    std::unique_ptr<aws::local::world> aws_;
};

}  // namespace trainyard
