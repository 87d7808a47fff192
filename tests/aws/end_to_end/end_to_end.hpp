// The project's own clients against the local AWS, over real sockets, with signatures verified.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <optional>

#include "aws/identity/identity.hpp"
#include "aws/local/world.hpp"
#include "aws/sagemaker/client.hpp"
#include "aws/sqs/client.hpp"
#include "aws/sts/client.hpp"
#include "engine/io/real_clock.hpp"

namespace trainyard::aws {

class end_to_end : public testing::Test {
protected:
    explicit end_to_end(local::world_options options = {}) {
        world_ = std::make_unique<local::world>(io_, io::real_clock(), std::move(options), registry_);
        where_.origin = {false, "127.0.0.1", world_->listen("127.0.0.1", 0).value()};
        where_.signing_region = "us-east-1";
        where_.custom = true;
        http_ = std::make_unique<http::client>(io_, http::client_options{});
        transport_ = std::make_unique<transport>(*http_, io::real_clock(), registry_, 1);
        who_ = make_static_provider({"123456789012", secret{"test"}, {}, {}}, "test");
        identity_ = std::make_unique<identity>(io_, *http_, *transport_, process_environment(), 1);
    }
    ~end_to_end() override { run(close()); }

    template <class T>
    T run(task<T> what) {
        std::optional<T> out;
        boost::asio::co_spawn(io_, std::move(what), [&](std::exception_ptr e, T value) {
            if (!e) out.emplace(std::move(value));
            io_.stop();
        });
        io_.restart();
        io_.run();
        return std::move(out.value());
    }
    task<int> close() {
        co_await identity_->close();
        co_await http_->close();
        const mono_time at_once = io::real_clock().mono();
        co_await world_->shutdown(at_once);
        co_return 0;
    }
    static mono_time soon() { return io::real_clock().mono() + std::chrono::seconds{20}; }
    sqs::client queues() { return {*transport_, where_, who_}; }
    sagemaker::client jobs() { return {*transport_, where_, who_}; }

    boost::asio::io_context io_;
    metrics::registry registry_;
    std::unique_ptr<local::world> world_;
    std::unique_ptr<http::client> http_;
    std::unique_ptr<transport> transport_;
    std::unique_ptr<identity> identity_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

template <class T>
std::string why(const api_result<T>& r) {
    return r ? "" : r.error().to_string();
}

inline std::string job_request(const std::string& name) {
    return R"({"TrainingJobName":")" + name +
           R"(","RoleArn":"arn:aws:iam::123456789012:role/runner","AlgorithmSpecification":{"TrainingImage":)"
           R"("123456789012.dkr.ecr.us-east-1.amazonaws.com/i:1","TrainingInputMode":"File"},"OutputDataConfig":)"
           R"({"S3OutputPath":"s3://bucket/out"},"ResourceConfig":{"InstanceType":"ml.m5.large","InstanceCount":1,)"
           R"("VolumeSizeInGB":10},"StoppingCondition":{"MaxRuntimeInSeconds":3600},"Tags":[{"Key":"owner","Value":"t"}]})";
}

}  // namespace trainyard::aws
