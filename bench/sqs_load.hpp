// What an SQS server is loaded with: batches of ten messages, sent, received and deleted, each request signed
// anew as an SDK does it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/closed_loop.hpp"
#include "engine/base/result.hpp"
#include "sigv4/sign.hpp"

namespace trainyard::bench {

// Signed requests of one caller to one server, as bytes. The queue URL that `open_queue` got is in them.
class sqs_caller {
public:
    explicit sqs_caller(endpoint to);

    void append(std::string& out, std::string_view operation, std::string_view body);
    // The body of the answer, which must be a 200.
    result<std::string> call(std::string_view operation, std::string_view body);
    // Makes the queue, or finds it there. FIFO by its name.
    result<std::string> open_queue(const std::string& name);
    result<void> delete_queue(const std::string& url);

    const endpoint& to() const { return to_; }

private:
    endpoint to_;
    std::string authority_;
    sigv4::credentials keys_;
    sigv4::signer signer_;
};

struct load_shape {
    std::size_t connections = 8;
    std::size_t groups = 0;    // FIFO: how many message groups the messages go round; 0: a standard queue
    bool takes = true;         // receives and deletes what was sent
    std::size_t messages = 0;  // stop after sending as many; 0: at the end of the time
    double seconds = 1;        // with `messages`: the most it may take
    std::string body{};        // of every message, as JSON; empty: a small job of 300 B
};

struct load_cost {
    double messages = 0;  // deleted; sent, when none are taken
    double seconds = 0;
    double client_cpu_seconds = 0;
};

result<load_cost> run_load(sqs_caller& caller, const std::string& queue_url, const load_shape& shape);

// The value of a string member of an SQS answer, escapes as they stand; empty when there is none.
std::string_view find_text(std::string_view json, std::string_view name, std::size_t& from);

}  // namespace trainyard::bench
