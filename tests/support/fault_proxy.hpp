// A TCP proxy on loopback that does to a connection what networks and failing servers do. It runs on the
// test's own context, so nothing outlives the test.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/time.hpp"
#include "engine/io/task.hpp"

namespace trainyard::test {

inline constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

// How the proxy leaves a connection: all are towards the client, the server just sees its side closed.
enum class ending : unsigned char {
    fin,     // nothing more comes, but what the client sends is still read
    reset,   // RST
    silence  // stays open and says nothing
};

// What one connection suffers. Bytes are counted on the wire (ciphertext under TLS) from its start; what is
// left out passes unchanged. Fields that speak of answers need plain HTTP with Content-Length.
struct fault {
    std::size_t request_bytes = unlimited;  // this many are taken from the client, then `end`
    std::size_t answer_bytes = unlimited;   // this many are given to the client, then `end`
    std::size_t answers = unlimited;        // this many whole answers are given, then `end`
    bool wait_for_next_request = false;     // `end` only once another byte of the client has arrived
    ending end = ending::fin;
    bool server_sees_fin = false;  // after the first bytes of the client nothing more goes to the server

    std::string before_answer = {};          // put in front of every answer
    bool twice = false;                      // every answer comes two times in a row
    std::int64_t content_length_off_by = 0;  // added to the number in every answer's Content-Length
    duration latency{};                      // before each answer
    std::size_t piece = unlimited;           // answers come in pieces of this many bytes
    duration pause{};                        // between two pieces
};

struct fault_record {
    std::size_t from_client = 0, to_client = 0;  // bytes
};

class fault_proxy {
public:
    // Listens on a free port of 127.0.0.1 and passes on to `server_port` of the same address. The n-th
    // connection gets the n-th fault; the last fault repeats. A connection ends after `lifetime_max`.
    fault_proxy(boost::asio::io_context& io, std::uint16_t server_port, std::vector<fault> faults);
    ~fault_proxy();  // close() must have completed
    fault_proxy(const fault_proxy&) = delete;
    fault_proxy& operator=(const fault_proxy&) = delete;

    static constexpr duration lifetime_max = std::chrono::seconds{8};
    static constexpr std::size_t connections_max = 64;        // more are closed at once
    static constexpr std::size_t held_bytes_max = 4U << 20U;  // of one answer

    std::uint16_t port() const;
    const std::vector<fault_record>& connections() const;  // in the order of accepting
    // Drops every connection and waits until none is left.
    task<void> close();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::test
