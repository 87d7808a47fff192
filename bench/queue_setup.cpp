#include "bench/queue_setup.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <cstdio>

#include "engine/io/task_group.hpp"

namespace trainyard::bench {
namespace {

constexpr duration patience = std::chrono::seconds{30};
constexpr const char* visibility = "600";  // s: longer than any stall of a run

using urls_result = result<std::vector<std::string>>;

mono_time deadline() {
    return io::real_clock().mono() + patience;
}

std::map<std::string, std::string> attributes_of(const queue_plan& p) {
    std::map<std::string, std::string> out{{"VisibilityTimeout", visibility}};
    if (p.fifo) {
        out["FifoQueue"] = "true";
        // The quota of a group instead of the queue's, as one sets it for throughput.
        out["DeduplicationScope"] = "messageGroup";
        out["FifoThroughputLimit"] = "perMessageGroupId";
    }
    return out;
}

task<void> delete_all(client_stack& stack, std::vector<std::string> urls) {
    for (auto& url : urls) {
        const std::string name = url;
        const auto gone = co_await stack.sqs().delete_queue(std::move(url), deadline());
        if (!gone)
            std::fprintf(stderr, "%s is left over: %s\n", name.c_str(), gone.error().to_string().c_str());
    }
}

task<void> create_all(const queue_plan& p, client_stack& stack, urls_result& out) {
    for (std::size_t i = 0; i < p.queues; ++i) {
        std::string name = fmt::format("trainyard-bench-{:x}-{}{}", p.seed, i, p.fifo ? ".fifo" : "");
        auto attributes = attributes_of(p);
        const auto url =
            co_await stack.sqs().create_queue(std::move(name), std::move(attributes), deadline());
        if (!url) {
            auto made = std::move(*out);
            out = aws::to_error(url.error());
            co_await delete_all(stack, std::move(made));
            co_return;
        }
        out->push_back(*url);
    }
}

task<void> look_at_all(const queue_plan& p, client_stack& stack, urls_result& out) {
    const std::vector<std::string> numbers{"ApproximateNumberOfMessages",
                                           "ApproximateNumberOfMessagesNotVisible",
                                           "ApproximateNumberOfMessagesDelayed"};
    for (const auto& url : p.queue_urls) {
        const auto got = co_await stack.sqs().get_queue_attributes(url, numbers, deadline());
        if (!got) {
            out = aws::to_error(got.error());
            co_return;
        }
        for (const auto& [name, value] : *got) {
            if (value == "0" || p.force || p.mode == queue_mode::fill) continue;
            out = error{
                errc::invalid_argument,
                fmt::format(
                    "{}: {} is {}; its messages would be received and deleted: empty it, or say --force", url,
                    name, value)};
            co_return;
        }
        out->push_back(url);
    }
}

enum class errand : unsigned char { create, look, erase };

task<void> run_errand(boost::asio::io_context& io, const queue_plan& p, const queue_target& at, errand what,
                      urls_result& urls) {
    auto stack = co_await client_stack::open(io, at, 1, p.seed);
    if (!stack) {
        urls = stack.error();
        co_return;
    }
    switch (what) {
        case errand::create: co_await create_all(p, **stack, urls); break;
        case errand::look: co_await look_at_all(p, **stack, urls); break;
        case errand::erase: co_await delete_all(**stack, *urls); break;
    }
    co_await (*stack)->close();
}

void perform(const queue_plan& p, const queue_target& at, errand what, urls_result& urls) {
    boost::asio::io_context io{1};
    io::task_group group(io);
    group.spawn([&] { return run_errand(io, p, at, what, urls); });
    io.run();
}

}  // namespace

result<std::vector<std::string>> open_queues(const queue_plan& p, const queue_target& at) {
    urls_result out = std::vector<std::string>{};
    perform(p, at, p.queue_urls.empty() ? errand::create : errand::look, out);
    return out;
}

void close_queues(const queue_plan& p, const queue_target& at, const std::vector<std::string>& urls) {
    if (!p.queue_urls.empty() || p.mode == queue_mode::fill || at.own)
        return;  // our own server ends with its queues
    urls_result all = urls;
    perform(p, at, errand::erase, all);
}

}  // namespace trainyard::bench
