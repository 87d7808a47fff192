// Load for the HTTP benchmark: connections on one thread a side that exchange one request and one answer in
// turn, either through engine/http or as raw Asio reads and writes of the same bytes, which is the floor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace trainyard::bench {

enum class stack : unsigned char { raw, engine };

struct exchange_shape {
    std::size_t connections = 64;
    std::size_t requests = 100'000;  // of all connections together, after the warm-up
    std::size_t warm_up = 10'000;
    bool tls = false;
};

// Processor time of one exchange, in microseconds, of the thread that plays each side; and wall time of all.
struct exchange_cost {
    double client_us = 0, server_us = 0;
    double requests_per_second = 0;
};

// A certificate and key in PEM, made once per run, in files of a temporary folder that goes with this object.
class tls_files {
public:
    tls_files();
    ~tls_files();
    tls_files(const tls_files&) = delete;
    tls_files& operator=(const tls_files&) = delete;
    const std::string& certificate() const { return certificate_; }
    const std::string& key() const { return key_; }

private:
    std::string folder_, certificate_, key_;
};

exchange_cost run_exchanges(stack client, stack server, const exchange_shape& shape, const tls_files& files);

// Bytes of process memory (resident set, without the kernel's socket buffers) that one idle keep-alive
// connection costs a server, or a client, after it has carried one exchange.
struct idle_cost {
    std::size_t connections = 0;
    double server_bytes = 0, client_bytes = 0;
};
idle_cost measure_idle(std::size_t connections);

}  // namespace trainyard::bench
