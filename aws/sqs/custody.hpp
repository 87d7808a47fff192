// What a consumer holds: each received message from its arrival to its end, by the newest of its receipt
// handles. Pure.
//
// Standard queues deliver more than once, and any queue delivers again what was not deleted in time. A copy
// of a message that is held only brings a newer handle. A copy of one that was acknowledged is deleted again,
// with its new handle: its work is done. Acknowledged messages are remembered by id, the oldest are forgotten
// first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "aws/sqs/id_table.hpp"

namespace trainyard::aws::sqs {

// Where a message lies: which answer, and which message in it. The driver's business.
struct message_place {
    std::uint32_t answer = 0;
    std::uint32_t index = 0;
    friend bool operator==(const message_place&, const message_place&) = default;
};

class custody {
public:
    using slot = std::uint32_t;

    enum class stage : unsigned char {
        free,
        held,       // its consumer works on it, or it waits for its turn
        erasing,    // acknowledged: a delete waits or is under way
        returning,  // given back: a visibility change waits or is under way
    };

    explicit custody(std::size_t remembered) : ids_(remembered) {}

    struct arrival {
        enum class verdict : unsigned char {
            fresh,     // hand it over
            copy,      // held or being deleted already; the newer handle stands, nothing else is to be done
            finished,  // acknowledged before: delete it again
        } what = verdict::fresh;
        custody::slot slot = 0;
    };
    // A copy leaves `at` as it was not there: its handle is kept apart.
    arrival arrived(std::uint32_t queue, std::string_view message_id, std::string_view receipt_handle,
                    message_place at);

    // Held until then. False when it was not.
    bool acknowledge(slot s);
    bool give_back(slot s);

    // A request for it goes out with its newest handle.
    void asked(slot s);
    // The request failed and will go out again.
    void failed(slot s);
    // The request is over, for good, and the slot is free. False when a newer handle came meanwhile: deleting
    // by an older one is no promise, so ask again.
    bool ended(slot s);
    // Others have it now; the slot is free.
    void lost(slot s);

    stage stage_of(slot s) const { return slots_[s].at; }
    std::uint32_t turn(slot s) const { return slots_[s].turn; }
    bool names(slot s, std::uint32_t turn) const {
        return s < slots_.size() && slots_[s].turn == turn && slots_[s].at != stage::free;
    }
    // Of a free slot: of its last message.
    const message_place& place(slot s) const { return slots_[s].place; }
    std::uint32_t queue(slot s) const { return slots_[s].queue; }
    // A newer receipt handle than the one at its place; empty: there is none.
    std::string_view newer_handle(slot s) const { return slots_[s].newer_handle; }

    std::size_t held() const { return held_; }     // stage held
    std::size_t slots() const { return in_use_; }  // any stage but free
    std::size_t slot_bound() const { return slots_.size(); }

private:
    struct entry {
        stage at = stage::free;
        bool under_way = false;  // asked() and not ended()
        bool newer = false;      // a newer handle came while it was
        std::uint32_t turn = 0;  // counts the messages that had this slot
        std::uint32_t queue = 0;
        message_place place;
        id_table::key id;
        std::string newer_handle{};
    };
    slot take_slot(std::uint32_t queue, const id_table::key& id, message_place at, stage begins);

    std::vector<entry> slots_;
    std::vector<slot> free_;
    id_table ids_;  // -> slot, or settled
    std::size_t held_ = 0, in_use_ = 0;
};

}  // namespace trainyard::aws::sqs
