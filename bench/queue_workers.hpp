// What the calls in flight of one thread share, and the roles that they play. Used by queue_load alone.
#pragma once

#include "bench/queue_load.hpp"
#include "bench/queue_messages.hpp"
#include "engine/io/event.hpp"

namespace trainyard::bench {

inline constexpr int receive_wait_seconds = 1;  // long enough not to ask for nothing, short at the end
inline constexpr duration call_deadline = std::chrono::seconds{30};

struct load_state {
    load_state(boost::asio::io_context& io, const queue_plan& p, const std::vector<std::string>& queue_urls,
               std::size_t thread_number)
        : plan(p), urls(queue_urls), number(thread_number), maker(p, thread_number), changed(io) {}

    const queue_plan& plan;
    const std::vector<std::string>& urls;
    std::size_t number;
    client_stack* stack = nullptr;
    message_maker maker;
    load_counts counts;
    std::string last_error;

    // Of the segment that runs.
    load_segment segment{};
    std::vector<load_window> windows{};
    bool stopped = false;
    std::uint64_t paced = 0;  // starts that were given out in an open loop
    io::event changed;        // the segment has stopped

    mono_time first_window() const { return segment.begin + segment.lead; }
    mono_time end() const {
        return first_window() + segment.window * static_cast<std::int64_t>(segment.windows);
    }
    bool over(mono_time now) const { return stopped || now >= end(); }
    load_window& window_at(mono_time intended);
    void record(queue_op what, mono_time intended, mono_time done);
    void failed(const aws::api_error& why);
    void took(std::size_t messages);  // from the backlog
};

enum class queue_role : unsigned char { sender, receiver, eraser, traveller };
// What the calls in flight `which` of a thread play beside a consumer or without one; nothing: the consumer
// does it all.
std::optional<queue_role> role_of(const queue_plan& p, std::size_t which);

// One call in flight after the other until the segment is over. `lane`: its number within the thread; it
// says which queue it serves.
task<void> play(load_state& s, queue_role as, std::size_t lane);

// Sends batches until `left` is 0; the first error ends it.
task<void> fill_backlog(load_state& s, std::size_t lane, std::size_t& left, result<void>& outcome);
// One message to each queue that is not busy, spread over the windows.
task<void> send_to_quiet(load_state& s);
// Until two answers in a row are empty.
task<void> drain_queue(load_state& s, std::string url, mono_time until);

}  // namespace trainyard::bench
