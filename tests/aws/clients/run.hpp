// Runs one coroutine to its end on a context of its own, and other things these tests share.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <map>
#include <optional>
#include <string>

#include "aws/credentials/provider.hpp"

namespace trainyard::test {

template <class T>
T run_on(boost::asio::io_context& io, task<T> what) {
    std::optional<T> out;
    std::exception_ptr problem;
    boost::asio::co_spawn(io, std::move(what), [&out, &problem, &io](std::exception_ptr e, T value) {
        problem = e;
        if (!e) out.emplace(std::move(value));
        io.stop();
    });
    io.restart();
    io.run();
    if (problem) std::rethrow_exception(problem);
    return std::move(out.value());
}

template <class T>
T run(task<T> what) {
    boost::asio::io_context io;
    return run_on(io, std::move(what));
}

struct fake_environment final : aws::environment {
    std::map<std::string, std::string> values;
    std::string get(const std::string& variable) const override {
        const auto found = values.find(variable);
        return found == values.end() ? std::string{} : found->second;
    }
};

}  // namespace trainyard::test
