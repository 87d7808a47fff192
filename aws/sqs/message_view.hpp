// A received message as views into the answer it came in: nothing is copied out of it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace trainyard::aws::sqs {

struct attribute_view {
    std::string_view name;
    std::string_view data_type;  // String, Number, Binary, each with an optional .label
    std::string_view value;      // text, or the raw bytes of a Binary
};

struct message_view {
    std::string_view id;
    std::string_view receipt_handle;
    std::string_view body;
    std::string_view group_id;                   // FIFO; empty: none
    std::string_view deduplication_id;           // FIFO; empty: none
    std::int64_t receive_count = 0;              // this receive included; 0: not told
    std::int64_t sent_millis = 0;                // since 1970; 0: not told
    std::span<const attribute_view> attributes;  // the sender's, by name

    // The value of an attribute; empty when it is not there.
    std::string_view attribute(std::string_view name) const {
        for (const attribute_view& a : attributes)
            if (a.name == name) return a.value;
        return {};
    }
};

}  // namespace trainyard::aws::sqs
