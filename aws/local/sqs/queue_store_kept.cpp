// What of queue_store is kept elsewhere: changes out, messages and deduplication back in.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "aws/local/sqs/queue_store.hpp"
#include "engine/base/check.hpp"

namespace trainyard::aws::local {

bool is_deduplication_key(std::string_view text) {
    return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

void queue_store::keep_changes(std::function<void()> first) {
    feed_ = std::make_unique<feed>();
    feed_->first = std::move(first);
}

store_changes queue_store::take_changes() {
    TY_CHECK(feed_ != nullptr, "changes are kept before they are taken");
    feed_->told = false;
    return std::exchange(feed_->changes, {});
}

void queue_store::mark(serial number, bool is_new) {
    if (!feed_) return;
    bool& body = feed_->changes.messages.try_emplace(number, false).first->second;
    body = body || is_new;
    if (!std::exchange(feed_->told, true)) feed_->first();
}

void queue_store::mark_purged() {
    if (!feed_) return;
    feed_->changes = {};
    feed_->changes.purged = true;
    if (!std::exchange(feed_->told, true)) feed_->first();
}

std::string queue_store::text_of(const send_key& key) {
    return fmt::format("{:016x}{:016x}", key.high, key.low);
}

std::optional<queue_store::send_key> queue_store::read_key(std::string_view text) {
    if (!is_deduplication_key(text)) return std::nullopt;
    send_key key;
    std::from_chars(text.data(), text.data() + 16, key.high, 16);
    std::from_chars(text.data() + 16, text.data() + 32, key.low, 16);
    return key;
}

void queue_store::mark_deduplication(const send_key& key, std::optional<wall_time> when) {
    if (!feed_) return;
    feed_->changes.deduplication.emplace_back(text_of(key), when);
    if (!std::exchange(feed_->told, true)) feed_->first();
}

std::optional<std::pair<kept_message, const queue_message*>> queue_store::look(std::uint64_t number) const {
    const auto found = entries_.find(number);
    if (found == entries_.end()) return std::nullopt;
    const entry& e = found->second;
    kept_message k{number, e.nonce, kept_message::place::visible, e.due, e.received, e.visibility_changed};
    if (e.where == state::delayed) k.where = kept_message::place::delayed;
    if (e.where == state::in_flight) k.where = kept_message::place::in_flight;
    return std::pair{k, &e.message};
}

std::optional<kept_deduplication> queue_store::look_deduplication(const std::string& key,
                                                                  wall_time when) const {
    const auto read = read_key(key);
    TY_CHECK(read.has_value(), "a key that take_changes() told");
    const auto found = deduplication_.find(*read);
    if (found == deduplication_.end()) return std::nullopt;
    return kept_deduplication{key, found->second.id, found->second.sequence, when};
}

void queue_store::restore(const kept_message& k, queue_message m) {
    entry& e = entries_[k.number];
    TY_CHECK(!feed_ && e.number == 0, "a message is restored once, before changes are kept");
    e.message = std::move(m);
    e.number = k.number;
    e.nonce = k.nonce;
    e.received = k.received;
    e.visibility_changed = k.visibility_changed;
    note_age(e);
    join_group(e);
    horizon_known_ = false;
    state where = state::visible;
    if (k.where == kept_message::place::delayed) where = state::delayed;
    if (k.where == kept_message::place::in_flight) where = state::in_flight;
    place(e, where, k.due);
    last_ = std::max(last_, k.number);
}

void queue_store::restore(kept_deduplication k) {
    const auto key = read_key(k.key);
    TY_CHECK(key.has_value(), "a key is checked where it is read");
    deduplication_.insert_or_assign(*key, remembered{k.id, k.sequence});
    deduplication_age_.emplace_back(k.when, *key);
}

void queue_store::restore_last(std::uint64_t last) {
    last_ = std::max(last_, last);
}

}  // namespace trainyard::aws::local
