#include "scripted.hpp"

#include "engine/io/event.hpp"

namespace trainyard::test {

using namespace std::chrono_literals;

scripted_world::scripted_world() {
    who->sets.push_back({"AKIDFIRST", secret{"canary-secret-1"}, secret{"canary-token-1"}, {}});
    who->sets.push_back({"AKIDSECOND", secret{"canary-secret-2"}, secret{"canary-token-2"}, {}});
    server_ = std::make_unique<http::server>(io, http::server_options{},
                                             [this](http::request r) { return answer(std::move(r)); });
    where.origin = {false, "127.0.0.1", server_->listen("127.0.0.1", 0).value()};
    where.path = "/prefix";
    where.signing_region = "us-east-1";
    client = std::make_unique<http::client>(io, http::client_options{});
    transport = std::make_unique<aws::transport>(*client, time, registry, 5);
}

scripted_world::~scripted_world() {
    run_on(io, close());
}

task<int> scripted_world::close() {
    co_await client->close();
    if (!vanish) co_await stop_serving();
    co_return 0;
}

task<int> scripted_world::stop_serving() {
    const mono_time grace = time.mono() + 5s;
    const mono_time at_once = time.mono();
    co_await server_->shutdown(vanish ? grace : at_once);
    co_return 0;
}

task<http::response> scripted_world::answer(http::request r) {
    seen.push_back(std::move(r));
    if (black_hole) {
        const mono_time never = time.mono() + 1h;
        co_await io::sleep_until(never);
        co_return http::response{0, {}, ""};
    }
    if (vanish) {
        boost::asio::co_spawn(io, stop_serving(), [](std::exception_ptr, int) {});
        co_return http::response{0, {}, ""};
    }
    http::response next = script.front();
    if (script.size() > 1) script.pop_front();
    co_return next;
}

aws::call scripted_world::make_call() {
    return aws::make_json_call("sagemaker", "SageMaker.DescribeTrainingJob", "1.1", where, "{\"a\":1}",
                               time.mono() + 20s);
}

aws::api_result<http::response> scripted_world::send(aws::call what) {
    return run_on(io, transport->send(std::move(what), who));
}

}  // namespace trainyard::test
