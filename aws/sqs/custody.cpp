#include "aws/sqs/custody.hpp"

#include "engine/base/check.hpp"

namespace trainyard::aws::sqs {

custody::slot custody::take_slot(std::uint32_t queue, const id_table::key& id, message_place at,
                                 stage begins) {
    if (free_.empty()) {
        free_.push_back(static_cast<slot>(slots_.size()));
        slots_.emplace_back();
    }
    const slot s = free_.back();
    free_.pop_back();
    entry& e = slots_[s];
    e.at = begins;
    e.under_way = e.newer = false;
    ++e.turn;
    e.queue = queue;
    e.place = at;
    e.id = id;
    e.newer_handle.clear();
    ids_.put(id, s);
    ++in_use_;
    if (begins == stage::held) ++held_;
    return s;
}

custody::arrival custody::arrived(std::uint32_t queue, std::string_view message_id,
                                  std::string_view receipt_handle, message_place at) {
    const id_table::key id = id_table::make_key(queue, message_id);
    const std::uint32_t known = ids_.find(id);
    if (known == id_table::settled)
        return {arrival::verdict::finished, take_slot(queue, id, at, stage::erasing)};
    // Given back, and here again before SQS's answer to that: a new delivery.
    if (known == id_table::nothing || slots_[known].at == stage::returning)
        return {arrival::verdict::fresh, take_slot(queue, id, at, stage::held)};
    entry& e = slots_[known];
    e.newer_handle = receipt_handle;
    e.newer = e.under_way;
    return {arrival::verdict::copy, known};
}

bool custody::acknowledge(slot s) {
    entry& e = slots_[s];
    if (e.at != stage::held) return false;
    e.at = stage::erasing;
    --held_;
    return true;
}

bool custody::give_back(slot s) {
    entry& e = slots_[s];
    if (e.at != stage::held) return false;
    e.at = stage::returning;
    --held_;
    return true;
}

void custody::asked(slot s) {
    entry& e = slots_[s];
    TY_CHECK(e.at == stage::erasing || e.at == stage::returning,
             "a request is about a message that has ended");
    e.under_way = true;
    e.newer = false;
}

void custody::failed(slot s) {
    slots_[s].under_way = slots_[s].newer = false;
}

bool custody::ended(slot s) {
    entry& e = slots_[s];
    TY_CHECK(e.under_way, "only what was asked ends");
    e.under_way = false;
    if (e.newer && e.at == stage::erasing) return false;
    if (e.at == stage::erasing)
        ids_.settle(e.id);
    else if (ids_.find(e.id) == s)
        ids_.remove(e.id);
    e.at = stage::free;
    --in_use_;
    free_.push_back(s);
    return true;
}

void custody::lost(slot s) {
    entry& e = slots_[s];
    TY_CHECK(e.at == stage::held, "only what is held is lost");
    --held_;
    e.at = stage::free;
    ids_.remove(e.id);
    --in_use_;
    free_.push_back(s);
}

}  // namespace trainyard::aws::sqs
