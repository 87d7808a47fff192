#include "aws/local/sqs/queue_store.hpp"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cstring>

#include "engine/base/check.hpp"
#include "engine/base/encoding.hpp"

namespace trainyard::aws::local {

namespace {

constexpr std::size_t handle_bytes = 24;  // tag, serial, nonce

void put_u64(char* out, std::uint64_t v) {
    if constexpr (std::endian::native == std::endian::little) v = __builtin_bswap64(v);
    std::memcpy(out, &v, sizeof v);
}

// Of the first eight bytes, which must be there.
std::uint64_t get_u64(std::string_view bytes) {
    std::uint64_t v = 0;
    std::memcpy(&v, bytes.data(), sizeof v);
    return std::endian::native == std::endian::little ? __builtin_bswap64(v) : v;
}

}  // namespace

// They start near 188'49496460467696128, beyond 64 bits, and grow in steps of 256.
std::string sequence_text(std::uint64_t sequence) {
    return fmt::format("188{:017}", 49'496'460'467'696'128ULL + sequence * 256);
}

queue_store::send_key queue_store::key_of_send(const store_settings& s, const queue_message& m) {
    // Neither id may contain a line feed.
    const auto digest =
        sha256(s.deduplicate_per_group ? m.group_id + '\n' + m.deduplication_id : m.deduplication_id);
    const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), digest.size());
    return {get_u64(bytes), get_u64(bytes.substr(8))};
}

queue_store::queue_store(store_settings settings, std::uint64_t tag) : settings_(settings), tag_(tag) {}

queue_store::sent queue_store::send(queue_message&& m, std::optional<std::chrono::seconds> delay,
                                    wall_time now, rng& random) {
    advance(now);
    send_key key;
    if (settings_.fifo) {
        key = key_of_send(settings_, m);
        if (const auto known = deduplication_.find(key); known != deduplication_.end())
            return {known->second.id, known->second.sequence, true};
    }
    const auto wait = settings_.fifo ? settings_.delay : delay.value_or(settings_.delay);
    const entry& e = insert_new(std::move(m), wait, now, random);
    if (settings_.fifo) {
        deduplication_.emplace(key, remembered{e.message.id, e.message.sequence});
        deduplication_age_.emplace_back(now, key);
        mark_deduplication(key, now);
    }
    return {e.message.id, e.message.sequence, false};
}

queue_store::entry& queue_store::insert_new(queue_message&& m, std::chrono::seconds delay, wall_time now,
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
    insert_new(std::move(m), settings_.delay, now, random);
}

queue_store::entry& queue_store::first_open() {
    if (settings_.fifo) return *ready_.begin()->members.front();
    entry* const of_tenant = first_of_tenants(visible_.empty() ? 0 : visible_.begin()->number);
    return of_tenant != nullptr ? *of_tenant : *visible_.begin();
}

const queue_message* queue_store::front(wall_time now) {
    advance(now);
    const bool none = visible_.empty() && ready_.empty() && noisy_.empty();
    return none ? nullptr : &first_open().message;
}

queue_message queue_store::take_front() {
    TY_CHECK(!visible_.empty() || !ready_.empty() || !noisy_.empty(), "front() has shown a message");
    return extract(first_open());
}

void queue_store::put_dead_letter(queue_message m, std::string source, wall_time now) {
    advance(now);
    m.dead_letter_source = std::move(source);
    if (settings_.fifo) m.sent = now;
    place(insert(std::move(m)), state::visible, now);
}

queue_store::entry& queue_store::insert(queue_message&& m) {
    const serial number = ++last_;
    m.sequence = settings_.fifo ? number : 0;
    mark(number, true);
    entry& e = entries_[number];
    e.message = std::move(m);
    e.number = number;
    note_age(e);
    join_group(e);
    if (settings_.fifo) grow_horizon(number);
    return e;
}

void queue_store::join_group(entry& e) {
    if (!settings_.fifo) {
        if (!e.message.group_id.empty()) join(e, e.message.sent);
        return;
    }
    e.home = &*groups_.try_emplace(e.message.group_id).first;
    e.home->second.members.add(e.number, e);
}

void queue_store::note_age(const entry& e) {
    const age a{e.message.sent, e.number};
    if (ages_.empty() || ages_.back() < a)
        ages_.push_back(a);
    else
        odd_ages_.insert(a);
}

// Each message that is gone is looked for at most twice, and what they leave behind stays small.
void queue_store::forget_removed_ages() {
    const auto is_gone = [this](const age& a) { return !entries_.contains(a.second); };
    while (!ages_.empty() && is_gone(ages_.front())) ages_.pop_front();
    constexpr std::size_t few = 1024;
    if (ages_.size() + odd_ages_.size() <= 2 * entries_.size() + few) return;
    std::erase_if(ages_, is_gone);
    std::erase_if(odd_ages_, is_gone);
}

void queue_store::drop_aged(wall_time now) {
    while (!ages_.empty() && ages_.front().first + settings_.retention <= now) {
        const auto oldest = entries_.find(ages_.front().second);
        TY_CHECK(oldest != entries_.end(), "the first age is of a message that is there");
        discard(oldest->second);
    }
    while (!odd_ages_.empty() && odd_ages_.begin()->first + settings_.retention <= now) {
        const auto oldest = entries_.find(odd_ages_.begin()->second);
        odd_ages_.erase(odd_ages_.begin());
        if (oldest != entries_.end()) discard(oldest->second);
    }
}

void queue_store::unlink(entry& e) {
    if (e.where == state::delayed || e.where == state::in_flight) {
        timers_.erase(timers_.iterator_to(e));
        --(e.where == state::delayed ? delayed_ : in_flight_);
    } else if (e.where == state::visible && !settings_.fifo) {
        visible_.erase(visible_.iterator_to(e));
    }
    e.where = state::detached;
}

void queue_store::place(entry& e, state s, wall_time due) {
    if (has_tenant(e)) return place_of_tenant(e, s, due);
    unlink(e);
    e.where = s;
    e.due = due;
    if (s == state::delayed || s == state::in_flight) {
        timers_.insert(timers_.end(), e);
        ++(s == state::delayed ? delayed_ : in_flight_);
    } else if (!settings_.fifo) {
        visible_.insert(visible_.end(), e);
    }
    if (settings_.fifo) refresh(e.home->second);
}

void queue_store::refresh(group& g) {
    const entry* const first = g.members.front();
    const bool open = first != nullptr && first->where == state::visible;
    const serial key = open ? first->number : 0;
    if (key == g.ready) return;
    if (g.ready != 0) ready_.erase(ready_.iterator_to(g));
    g.ready = key;
    if (key != 0) ready_.insert(g);
}

queue_message queue_store::extract(entry& e) {
    queue_message m = std::move(e.message);
    discard(e);
    return m;
}

void queue_store::discard(entry& e) {
    mark(e.number);
    if (has_tenant(e))
        forget(e);
    else
        unlink(e);
    if (settings_.fifo) shrink_horizon(e.number);
    if (settings_.fifo) {
        group& g = e.home->second;
        g.members.remove(e.number);
        refresh(g);
        if (g.members.empty()) groups_.erase(groups_.find(e.home->first));
    }
    entries_.erase(e.number);
    forget_removed_ages();
}

void queue_store::advance(wall_time now) {
    while (!timers_.empty() && timers_.begin()->due <= now) place(*timers_.begin(), state::visible, now);
    drop_aged(now);
    if (!noisy_until_.empty()) quieten(now);
    while (!deduplication_age_.empty() && deduplication_age_.front().first + deduplication_interval <= now) {
        mark_deduplication(deduplication_age_.front().second, std::nullopt);
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
    entry& e = found->second;
    if (settings_.fifo && (e.where != state::in_flight || e.nonce != parts->nonce)) return outcome::expired;
    discard(e);
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
    mark(e.number);
    e.visibility_changed = true;
    if (visibility.count() == 0)
        place(e, state::visible, now);
    else
        place(e, state::in_flight, now + visibility);
    return outcome::done;
}

void queue_store::purge() {
    mark_purged();
    ages_.clear();
    odd_ages_.clear();
    timers_.clear();
    visible_.clear();
    ready_.clear();
    noisy_.clear();
    horizon_ = 0;
    horizon_known_ = true;
    noisy_until_.clear();
    groups_.clear();
    entries_.clear();
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
    const bool per_group = settings_.deduplicate_per_group;
    settings_ = settings;
    settings_.deduplicate_per_group = per_group;
    if (retimed) {
        for (auto& [number, e] : entries_) {
            if (e.message.receive_count != 0 || !e.message.dead_letter_source.empty()) continue;
            const wall_time due = e.message.sent + settings_.delay;
            mark(number);
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
    if (!timers_.empty()) next = timers_.begin()->due;
    // A group whose first message reaches the end of its retention opens for the next one.
    const auto consider = [&](wall_time since) {
        const wall_time dropped = since + settings_.retention;
        if (!next || dropped < *next) next = dropped;
    };
    if (settings_.fifo && !ages_.empty()) consider(ages_.front().first);
    if (settings_.fifo && !odd_ages_.empty()) consider(odd_ages_.begin()->first);
    return next;
}

std::string queue_store::make_handle(const entry& e) const {
    std::array<char, handle_bytes> bytes{};
    put_u64(bytes.data(), tag_);
    put_u64(bytes.data() + 8, e.number);
    put_u64(bytes.data() + 16, e.nonce);
    return to_base64({bytes.data(), bytes.size()});
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
