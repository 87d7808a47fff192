// Connecting to a name with several addresses: in which order, and when the next one is tried beside those
// that have not answered yet (RFC 8305, "Happy Eyeballs"). Pure.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <chrono>
#include <cstddef>
#include <vector>

#include "engine/base/time.hpp"

namespace trainyard::http {

// The resolver's order (RFC 6724) within each family, families in turn, beginning with the resolver's first
// (RFC 8305 section 4). Addresses that occur twice are tried once.
std::vector<boost::asio::ip::address> interleave(const std::vector<boost::asio::ip::address>& resolved);

// RFC 8305 section 5: an address that does not answer costs this much, not a whole time-out.
constexpr duration attempt_stagger = std::chrono::milliseconds{250};

class race_plan {
public:
    explicit race_plan(std::size_t attempts) : attempts_(attempts) {}

    enum class action : unsigned char { start, wait, lost };
    struct step {
        action what = action::lost;
        std::size_t which = 0;  // start this attempt
        mono_time until{};  // wait for an attempt to end, or until then; max(): no attempt is left to start
    };
    step next(mono_time now);
    void ended() { --running_; }  // an attempt that next() started has failed

private:
    std::size_t attempts_;
    std::size_t started_ = 0, running_ = 0;
    mono_time next_start_{};
};

}  // namespace trainyard::http
