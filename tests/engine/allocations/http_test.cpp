// A request in the steady state allocates the same however many header fields it and its answer have.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>

#include "engine/http/client.hpp"
#include "engine/http/server.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "tests/support/allocations/allocations.hpp"

namespace trainyard::http {
namespace {

constexpr int warm_up = 50;
constexpr int measured = 100;

struct shape {
    int fields = 0;
    double allocations_each = 0;
};

// Fields too long for a small string to hold in place.
void add_fields(fields& to, int count) {
    for (int i = 0; i < count; ++i)
        to.add("x-field-" + std::to_string(i), "a value that is longer than any small string's buffer is");
}

task<response> answer(const response& with, request /*asked*/) {
    co_return with;
}

task<void> exchange_many(client& c, std::uint16_t port, shape& s) {
    request what;
    add_fields(what.fields, s.fields);
    what.body = "hello";
    std::size_t before = 0;
    for (int i = 0; i < warm_up + measured; ++i) {
        if (i == warm_up) before = test::allocations_of_thread();
        origin to;
        to.tls = false;
        to.host = "127.0.0.1";
        to.port = port;
        request copy = what;
        const mono_time until = io::real_clock().mono() + std::chrono::seconds{5};
        const auto got = co_await c.send(std::move(to), std::move(copy), lane::control, until);
        EXPECT_TRUE(got.has_value());
    }
    s.allocations_each = static_cast<double>(test::allocations_of_thread() - before) / measured;
}

task<void> exchange_and_close(client& c, server& s, std::uint16_t port, shape& measured_shape) {
    co_await exchange_many(c, port, measured_shape);
    co_await c.close();
    const mono_time now = io::real_clock().mono();
    co_await s.shutdown(now);
}

double allocations_with(int field_count) {
    boost::asio::io_context io{1};
    response with;
    add_fields(with.fields, field_count);
    server s(io, {}, [&with](request asked) { return answer(with, std::move(asked)); });
    const auto port = s.listen("127.0.0.1", 0);
    EXPECT_TRUE(port.has_value());
    client c(io, {});
    shape out{field_count, 0};
    io::task_group group(io);
    group.spawn([&] { return exchange_and_close(c, s, *port, out); });
    io.run_for(std::chrono::seconds{20});
    EXPECT_EQ(group.size(), 0U);
    return out.allocations_each;
}

TEST(allocations, of_a_request_do_not_depend_on_its_fields) {
    const double few = allocations_with(3);
    const double many = allocations_with(13);
    EXPECT_GT(few, 0) << "the counter does not count";
    EXPECT_LT(many, few + 0.5) << "ten more fields on each side cost " << many - few << " allocations";
    RecordProperty("allocations_a_request", std::to_string(few));
}

}  // namespace
}  // namespace trainyard::http
