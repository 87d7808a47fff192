// What of a queue's messages is kept elsewhere, as values: for a store that outlives the process.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "aws/local/base/uuid.hpp"
#include "engine/base/time.hpp"

namespace trainyard::aws::local {

// What a queue knows of one message beside the message itself.
struct kept_message {
    enum class place : unsigned char { visible, delayed, in_flight };
    std::uint64_t number = 0;  // order of arrival
    std::uint64_t nonce = 0;   // of the latest handle
    place where = place::visible;
    wall_time due{};       // when it becomes visible, unless visible
    wall_time received{};  // latest
    bool visibility_changed = false;
};

struct kept_deduplication {
    std::string key;  // 32 hex digits

    uuid id;
    std::uint64_t sequence = 0;
    wall_time when{};
};

bool is_deduplication_key(std::string_view text);

// What became different in a store since it was asked last.
struct store_changes {
    bool purged = false;  // all that was there before is gone
    // Of messages that came, changed or went; true: the message itself is new too.
    std::unordered_map<std::uint64_t, bool> messages;
    // Deduplication keys that came, with the time, and went, without.
    std::vector<std::pair<std::string, std::optional<wall_time>>> deduplication;
};

}  // namespace trainyard::aws::local
