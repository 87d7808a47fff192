// A service on its own context, called with JSON text.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <string>

#include "aws/local/sqs/sqs_service.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::aws::local {

struct sqs_fixture : testing::Test {
    // One call under way; `input` must outlive it.
    struct pending {
        json::document input;
        std::optional<service_reply> reply;
    };

    ~sqs_fixture() override {
        service.release_polls();
        group.spawn([] { return nothing(); });  // the context has work, so that join() below is served
        io.restart();
        io.run();
    }

    static task<void> nothing() { co_return; }
    static task<void> perform(sqs_service& service, operation_call call, std::shared_ptr<pending> p) {
        auto reply = co_await service.handle(std::move(call));
        p->reply.emplace(std::move(reply));
    }

    std::shared_ptr<pending> start(const std::string& operation, const std::string& text) {
        auto p = std::make_shared<pending>();
        auto parsed = json::document::parse(text);
        if (!parsed) {
            ADD_FAILURE() << "not JSON: " << text;
            return p;
        }
        p->input = std::move(*parsed);
        operation_call call{operation,
                            p->input.root(),
                            who,
                            region_name("us-east-1"),
                            "http://localhost:4566",
                            io::real_clock().wall() + ahead,
                            trace_header};
        group.spawn([this, call, p] { return perform(service, call, p); });
        return p;
    }
    // Runs what is ready, without waiting.
    void poll() {
        io.restart();
        io.poll();
    }
    // The answer of a call that does not wait.
    service_reply call(const std::string& operation, const std::string& text) {
        const auto p = start(operation, text);
        poll();
        EXPECT_TRUE(p->reply) << operation << " waits";
        return p->reply ? *p->reply : service_reply(std::string());
    }
    // Runs until `p` is answered; gtest's time limit bounds it.
    service_reply finish(const std::shared_ptr<pending>& p) {
        io.restart();
        while (!p->reply && io.run_one() > 0) {
        }
        EXPECT_TRUE(p->reply);
        return p->reply ? *p->reply : service_reply(std::string());
    }
    std::string ok(const std::string& operation, const std::string& text) {
        const auto reply = call(operation, text);
        EXPECT_TRUE(reply) << operation << ": " << (reply ? "" : reply.error().message);
        return reply ? *reply : std::string();
    }
    // "status __type query-code message"
    std::string refused(const std::string& operation, const std::string& text) {
        const auto reply = call(operation, text);
        if (reply) return "accepted " + *reply;
        const service_error& e = reply.error();
        return std::to_string(e.status) + " " + e.type + " " + e.query_code + " " + e.message;
    }
    static json::document parse(const std::string& text) {
        auto parsed = json::document::parse(text);
        EXPECT_TRUE(parsed) << text;
        return parsed ? std::move(*parsed) : json::document();
    }
    static std::string text_at(const std::string& reply, std::string_view name) {
        return std::string(parse(reply).root().find(name).string().value_or(""));
    }
    std::string handle_of_first(const std::string& reply) {
        const auto d = parse(reply);
        return std::string(d.root().find("Messages").at(0).find("ReceiptHandle").string().value_or(""));
    }

    principal who{account_id("111122223333"), "arn:aws:iam::111122223333:user/local", "AIDALOCAL"};
    duration ahead{};          // added to the time of calls
    std::string trace_header;  // of the HTTP requests
    boost::asio::io_context io;
    io::task_group group{io};
    sqs_service service{io, io::real_clock(), 42};
};

}  // namespace trainyard::aws::local
