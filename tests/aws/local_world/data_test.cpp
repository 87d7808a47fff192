// A world that ends and begins again with the same data file.
#include <unistd.h>

#include <filesystem>

#include "tests/aws/local_world/world_fixture.hpp"

namespace trainyard::aws::local {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

class local_data : public local_world {
protected:
    local_data() {
        std::string name = (fs::temp_directory_path() / "world-data-XXXXXX").string();
        directory_ = mkdtemp(name.data());
        options.data_file = (directory_ / "world.db").string();
        options.control = true;
    }
    ~local_data() override { fs::remove_all(directory_); }
    static task<void> end(world& w) {
        const mono_time grace = io::real_clock().mono() + 5s;
        co_await w.shutdown(grace);
    }
    void restart() {
        group.spawn([this] { return end(*served); });
        run();
        served.reset();
        ++options.seed;
        open(options);
    }
    std::string ask(const std::string& operation, const std::string& body) {
        const auto out = call(json_request("AmazonSQS." + operation, body), key("111122223333"), "sqs");
        return std::to_string(out.status) + " " + out.body;
    }
    std::string control(const std::string& path, const std::string& body) {
        http::request r;
        r.target = "/_trainyard/" + path;
        r.fields = {{"Host", to.authority()}};
        r.body = body;
        return send(r).body;
    }

    fs::path directory_;
    world_options options;
};

TEST_F(local_data, messages_and_skipped_time_are_there_again) {
    open(options);
    ask("CreateQueue", R"({"QueueName":"q","tags":{"k":"v"}})");
    ask("SendMessage", R"({"QueueUrl":"q","MessageBody":"hello"})");
    EXPECT_THAT(ask("ReceiveMessage", R"({"QueueUrl":"q","VisibilityTimeout":100})"), HasSubstr("hello"));
    control("clock/advance", R"({"seconds":99})");
    restart();
    EXPECT_EQ(ask("ReceiveMessage", R"({"QueueUrl":"q"})"), "200 {}") << "in flight for another second";
    EXPECT_EQ(ask("ListQueueTags", R"({"QueueUrl":"q"})"), R"(200 {"Tags":{"k":"v"}})");
    time.advance(1s);
    EXPECT_THAT(ask("ReceiveMessage", R"({"QueueUrl":"q","MessageSystemAttributeNames":["All"]})"),
                HasSubstr(R"("ApproximateReceiveCount":"2")"));
}

TEST_F(local_data, a_reset_is_kept_too) {
    open(options);
    ask("CreateQueue", R"({"QueueName":"q"})");
    control("clock/advance", R"({"seconds":99})");
    EXPECT_EQ(control("reset", ""), "{}");
    ask("CreateQueue", R"({"QueueName":"r"})");
    restart();
    EXPECT_THAT(ask("GetQueueUrl", R"({"QueueName":"q"})"), HasSubstr("QueueDoesNotExist"));
    EXPECT_THAT(ask("GetQueueUrl", R"({"QueueName":"r"})"), HasSubstr("/r"));
    EXPECT_EQ(ask("CreateQueue", R"({"QueueName":"q"})").substr(0, 3), "200");
}

TEST_F(local_data, a_file_in_use_is_refused) {
    open(options);
    world second{io, time, options, registry};
    const auto port = second.listen("127.0.0.1", 0);
    ASSERT_FALSE(port.has_value());
    EXPECT_THAT(port.error().message, HasSubstr("is in use by another process"));
}

}  // namespace
}  // namespace trainyard::aws::local
