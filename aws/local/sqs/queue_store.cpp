#include "aws/local/sqs/queue_store.hpp"

#include <fmt/format.h>

#include <array>

#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {

namespace {

constexpr std::size_t handle_bytes = 24;  // tag, serial, nonce

void put_u64(std::string& out, std::uint64_t v) {
    for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>((v >> shift) & 0xFFU));
}

std::uint64_t get_u64(std::string_view bytes) {
    std::uint64_t v = 0;
    for (const char c : bytes.substr(0, 8)) v = v << 8U | static_cast<unsigned char>(c);
    return v;
}

// 20 digits as AWS shows them: they start near 188'49496460467696128, beyond 64 bits, and grow in steps of
// 256.
std::string make_sequence_number(std::uint64_t serial) {
    return fmt::format("188{:017}", 49'496'460'467'696'128ULL + serial * 256);
}

std::string deduplication_key(const store_settings& s, const queue_message& m) {
    if (!s.deduplicate_per_group) return m.deduplication_id;
    return m.group_id + '\n' + m.deduplication_id;  // neither may contain a line feed
}

}  // namespace

queue_store::queue_store(store_settings settings, std::uint64_t tag) : settings_(settings), tag_(tag) {}

queue_store::sent queue_store::send(queue_message m, std::optional<std::chrono::seconds> delay, wall_time now,
                                    rng& random) {
    advance(now);
    std::string key;
    if (settings_.fifo) {
        key = deduplication_key(settings_, m);
        if (const auto known = deduplication_.find(key); known != deduplication_.end())
            return {known->second.id, known->second.sequence_number, true};
    }
    const auto wait = settings_.fifo ? settings_.delay : delay.value_or(settings_.delay);
    const entry& e = insert_new(std::move(m), wait, now, random);
    if (settings_.fifo) {
        deduplication_age_.emplace_back(now, key);
        deduplication_.emplace(std::move(key), remembered{e.message.id, e.message.sequence_number});
    }
    return {e.message.id, e.message.sequence_number, false};
}

queue_store::entry& queue_store::insert_new(queue_message m, std::chrono::seconds delay, wall_time now,
                                            rng& random) {
    m.id = make_uuid(random);
    m.sent = now;
    m.receive_count = 0;
    m.first_received.reset();
    entry& e = insert(std::move(m));
    if (delay.count() > 0)
        place(e, state::delayed, now + delay);
    else
        place(e, state::visible, now);
    return e;
}

void queue_store::put_moved(queue_message m, wall_time now, rng& random) {
    advance(now);
    m.dead_letter_source.clear();
    m.sequence_number.clear();
    insert_new(std::move(m), settings_.delay, now, random);
}

const queue_message* queue_store::front(wall_time now) {
    advance(now);
    const std::set<serial>& open = settings_.fifo ? ready_ : visible_;
    return open.empty() ? nullptr : &entries_.find(*open.begin())->second.message;
}

queue_message queue_store::take_front() {
    const std::set<serial>& open = settings_.fifo ? ready_ : visible_;
    TY_CHECK(!open.empty(), "front() has shown a message");
    return extract(*open.begin());
}

void queue_store::put_dead_letter(queue_message m, std::string source, wall_time now) {
    advance(now);
    m.dead_letter_source = std::move(source);
    if (settings_.fifo) m.sent = now;
    place(insert(std::move(m)), state::visible, now);
}

queue_store::entry& queue_store::insert(queue_message m) {
    const serial number = ++last_;
    if (settings_.fifo) m.sequence_number = make_sequence_number(number);
    entry& e = entries_[number];
    e.message = std::move(m);
    e.number = number;
    by_age_.emplace_hint(by_age_.end(), e.message.sent, number);
    if (settings_.fifo) {
        e.home = groups_.try_emplace(e.message.group_id).first;
        e.home->second.members.emplace_hint(e.home->second.members.end(), number, &e);
    }
    return e;
}

void queue_store::place(entry& e, state s, wall_time due) {
    if (e.where == state::delayed || e.where == state::in_flight) {
        timers_.erase({e.due, e.number});
        --(e.where == state::delayed ? delayed_ : in_flight_);
    } else if (e.where == state::visible && !settings_.fifo) {
        visible_.erase(e.number);
    }
    e.where = s;
    e.due = due;
    if (s == state::delayed || s == state::in_flight) {
        timers_.emplace(due, e.number);
        ++(s == state::delayed ? delayed_ : in_flight_);
    } else if (s == state::visible && !settings_.fifo) {
        visible_.emplace_hint(visible_.end(), e.number);
    }
    if (settings_.fifo) refresh(e.home->second);
}

void queue_store::refresh(group& g) {
    const auto first = g.members.begin();
    const bool open = first != g.members.end() && first->second->where == state::visible;
    const serial key = open ? first->first : 0;
    if (key == g.ready) return;
    if (g.ready != 0) ready_.erase(g.ready);
    if (key != 0) ready_.insert(key);
    g.ready = key;
}

queue_message queue_store::extract(serial number) {
    const auto found = entries_.find(number);
    TY_CHECK(found != entries_.end(), "a message is extracted once");
    entry& e = found->second;
    place(e, state::detached, {});
    by_age_.erase({e.message.sent, number});
    if (settings_.fifo) {
        group& g = e.home->second;
        g.members.erase(number);
        refresh(g);
        if (g.members.empty()) groups_.erase(e.home);
    }
    queue_message m = std::move(e.message);
    entries_.erase(found);
    return m;
}

void queue_store::advance(wall_time now) {
    while (!timers_.empty() && timers_.begin()->first <= now)
        place(entries_.find(timers_.begin()->second)->second, state::visible, now);
    while (!by_age_.empty() && by_age_.begin()->first + settings_.retention <= now)
        extract(by_age_.begin()->second);
    while (!deduplication_age_.empty() && deduplication_age_.front().first + deduplication_interval <= now) {
        deduplication_.erase(deduplication_age_.front().second);
        deduplication_age_.pop_front();
    }
    while (!attempts_age_.empty() && attempts_age_.front().first + deduplication_interval <= now) {
        // The same attempt id may have been used again since; that newer one stays.
        const auto a = attempts_.find(attempts_age_.front().second);
        if (a != attempts_.end() && a->second.when == attempts_age_.front().first) attempts_.erase(a);
        attempts_age_.pop_front();
    }
}

queue_store::outcome queue_store::remove(std::string_view handle, wall_time now) {
    advance(now);
    const auto parts = read_handle(handle);
    if (!parts) return outcome::malformed;
    const auto found = entries_.find(parts->number);
    if (found == entries_.end()) return outcome::done;
    const entry& e = found->second;
    if (settings_.fifo && (e.where != state::in_flight || e.nonce != parts->nonce)) return outcome::expired;
    extract(parts->number);
    return outcome::done;
}

queue_store::outcome queue_store::change_visibility(std::string_view handle, std::chrono::seconds visibility,
                                                    wall_time now) {
    advance(now);
    const auto parts = read_handle(handle);
    if (!parts) return outcome::malformed;
    const auto found = entries_.find(parts->number);
    if (found == entries_.end()) return outcome::gone;
    entry& e = found->second;
    if (settings_.fifo) {
        if (e.nonce != parts->nonce) return outcome::expired;
        if (e.where != state::in_flight) return outcome::not_in_flight;
    }
    // AWS counts whole seconds: the full limit may be asked for right after the receive.
    if (std::chrono::floor<std::chrono::seconds>(now - e.received) + visibility > max_visibility)
        return outcome::beyond_limit;
    e.visibility_changed = true;
    if (visibility.count() == 0)
        place(e, state::visible, now);
    else
        place(e, state::in_flight, now + visibility);
    return outcome::done;
}

void queue_store::purge() {
    entries_.clear();
    by_age_.clear();
    timers_.clear();
    visible_.clear();
    groups_.clear();
    ready_.clear();
    deduplication_.clear();
    deduplication_age_.clear();
    attempts_.clear();
    attempts_age_.clear();
    in_flight_ = delayed_ = 0;
}

void queue_store::configure(const store_settings& settings, wall_time now) {
    TY_CHECK(settings.fifo == settings_.fifo, "the queue type is fixed");
    advance(now);
    const bool retimed = settings_.fifo && settings.delay != settings_.delay;
    settings_ = settings;
    if (retimed) {
        for (auto& [number, e] : entries_) {
            if (e.message.receive_count != 0 || !e.message.dead_letter_source.empty()) continue;
            const wall_time due = e.message.sent + settings_.delay;
            place(e, due > now ? state::delayed : state::visible, due);
        }
    }
    advance(now);
}

queue_store::counts queue_store::count(wall_time now) {
    advance(now);
    return {entries_.size() - in_flight_ - delayed_, in_flight_, delayed_};
}

std::optional<wall_time> queue_store::next_wakeup() const {
    std::optional<wall_time> next;
    if (!timers_.empty()) next = timers_.begin()->first;
    // A group whose first message reaches the end of its retention opens for the next one.
    if (settings_.fifo && !by_age_.empty()) {
        const wall_time dropped = by_age_.begin()->first + settings_.retention;
        if (!next || dropped < *next) next = dropped;
    }
    return next;
}

std::string queue_store::make_handle(const entry& e) const {
    std::string bytes;
    bytes.reserve(handle_bytes);
    put_u64(bytes, tag_);
    put_u64(bytes, e.number);
    put_u64(bytes, e.nonce);
    return to_base64(bytes);
}

std::optional<queue_store::handle_parts> queue_store::read_handle(std::string_view handle) const {
    const auto bytes = from_base64(handle);
    if (!bytes || bytes->size() != handle_bytes) return std::nullopt;
    const std::string_view all = *bytes;
    const handle_parts parts{get_u64(all.substr(8)), get_u64(all.substr(16))};
    if (get_u64(all) != tag_ || parts.number == 0 || parts.number > last_) return std::nullopt;
    return parts;
}

}  // namespace trainyard::aws::local
