// The whole local AWS over real HTTP with real signatures.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/local/world.hpp"
#include "engine/http/client.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "sigv4/sign.hpp"

namespace trainyard::aws::local {
inline const wall_time start = from_unix_millis(1'764'000'000'000);

inline const std::string create_body =
    R"({"TrainingJobName":"a","RoleArn":"arn:aws:iam::111122223333:role/train","AlgorithmSpecification":)"
    R"({"TrainingInputMode":"File"},"OutputDataConfig":{"S3OutputPath":"s3://b"},"ResourceConfig":)"
    R"({"InstanceType":"ml.m5.large","InstanceCount":1},"StoppingCondition":{}})";
inline const std::string identity_form = "Action=GetCallerIdentity&Version=2011-06-15";

inline sigv4::credentials key(std::string id, std::string secret_key = "test") {
    sigv4::credentials c;
    c.access_key_id = std::move(id);
    c.secret_access_key = secret{std::move(secret_key)};
    return c;
}

inline http::request json_request(const std::string& target, std::string body) {
    http::request r;
    r.fields = {{"X-Amz-Target", target},
                {"Content-Type", target.starts_with("AmazonSQS") ? "application/x-amz-json-1.0"
                                                                 : "application/x-amz-json-1.1"}};
    r.body = std::move(body);
    return r;
}

inline http::request form_request(std::string body) {
    http::request r;
    r.fields = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    r.body = std::move(body);
    return r;
}

inline std::string between(const std::string& text, const std::string& tag) {
    const auto from = text.find("<" + tag + ">") + tag.size() + 2;
    return text.substr(from, text.find("</" + tag + ">") - from);
}

inline task<void> exchange(http::client& client, http::origin to, http::request what,
                           result<http::response>& out) {
    const mono_time deadline = io::real_clock().mono() + 20s;
    out = co_await client.send(std::move(to), std::move(what), http::lane::control, deadline);
}

inline task<void> finish(http::client& client, world& w) {
    co_await client.close();
    const mono_time grace = io::real_clock().mono() + 5s;
    co_await w.shutdown(grace);
}

class local_world : public testing::Test {
protected:
    void open(world_options options = {}) {
        served.emplace(io, time, std::move(options), registry);
        const auto port = served->listen("127.0.0.1", 0);
        ASSERT_TRUE(port.has_value()) << port.error().message;
        to = {false, "127.0.0.1", *port};
    }
    void TearDown() override {
        if (!served) return;
        group.spawn([this] { return finish(client, *served); });
        run();
    }
    void run() {
        io.restart();
        while (group.size() > 0) io.run_one();
    }
    http::request sign(http::request r, const sigv4::credentials& who, const char* service,
                       duration offset = {}) {
        r.fields.set("Host", to.authority());
        std::vector<sigv4::header_view> headers;
        for (const auto& f : r.fields) headers.push_back({f.name, f.value});
        const auto s = sigv4::sign({r.method, r.path(), r.query(), headers, r.body}, who,
                                   {"us-east-1", service}, time.wall() + offset);
        EXPECT_TRUE(s.has_value());
        for (const auto& h : s->headers) r.fields.add(h.name, h.value);
        return r;
    }
    http::response send(http::request r) {
        result<http::response> out = error{};
        group.spawn([&] { return exchange(client, to, r, out); });
        run();
        EXPECT_TRUE(out.has_value()) << (out ? "" : out.error().message);
        return out ? *out : http::response{};
    }
    http::response call(http::request r, const sigv4::credentials& who, const char* service) {
        return send(sign(std::move(r), who, service));
    }

    boost::asio::io_context io{1};
    manual_clock time{start};
    metrics::registry registry;
    io::task_group group{io};
    http::client client{io, {}};
    std::optional<world> served;
    http::origin to;
};

}  // namespace trainyard::aws::local
