#include "sigv4/key_cache.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/base/check.hpp"

namespace trainyard::sigv4 {
namespace {

constexpr std::size_t block_entries = 64;

// Spreads; guards against nobody: who may sign decides what is hashed. The secret stays out of it.
std::uint64_t mix(std::uint64_t h, std::string_view text) {
    const auto fold = [](std::uint64_t x) {
        x *= 0x9e3779b97f4a7c15U;
        return x ^ (x >> 32);
    };
    h = fold(h + text.size());
    while (!text.empty()) {
        std::uint64_t word = 0;
        const std::size_t n = std::min(text.size(), sizeof word);
        std::memcpy(&word, text.data(), n);
        h = fold(h ^ word);
        text.remove_prefix(n);
    }
    return h;
}

std::uint64_t hash_of(const key_identity& who) {
    return mix(mix(mix(mix(0, who.access_key_id), who.date), who.where.region), who.where.service);
}

}  // namespace

void derive(hmac_sha256& out, const key_identity& who) {
    // In one allocation, so that no copy is left behind by growth.
    std::string start;
    start.reserve(4 + who.secret_access_key.size());
    start.append("AWS4").append(who.secret_access_key);
    out.set_key(start);
    OPENSSL_cleanse(start.data(), start.size());
    mac key = out(who.date);
    for (const std::string_view part : {who.where.region, who.where.service, scope_terminator}) {
        out.set_key(as_text(key));
        key = out(part);
    }
    out.set_key(as_text(key));
    OPENSSL_cleanse(key.data(), key.size());
}

void signing_key::set(const key_identity& who) {
    wipe();
    derive(hmac_, who);
    id_size_ = static_cast<std::uint32_t>(who.access_key_id.size());
    region_size_ = static_cast<std::uint32_t>(who.where.region.size());
    secret_size_ = static_cast<std::uint32_t>(who.secret_access_key.size());
    TY_CHECK(who.date.size() == 8, "the date of a signing key is YYYYMMDD");
    const std::array<std::string_view, 10> parts{who.access_key_id, "/",
                                                 who.date,          "/",
                                                 who.where.region,  "/",
                                                 who.where.service, "/",
                                                 scope_terminator,  who.secret_access_key};
    std::size_t size = 0;
    for (const auto part : parts) size += part.size();
    credential_size_ = static_cast<std::uint32_t>(size) - secret_size_;
    char* to = inline_text_.data();
    if (size > inline_size) {
        long_text_ = std::make_unique<std::string>(size, '\0');
        to = long_text_->data();
    }
    text_ = to;
    for (const auto part : parts) to = std::copy(part.begin(), part.end(), to);
}

void signing_key::wipe() {
    hmac_.wipe();
    OPENSSL_cleanse(inline_text_.data(), inline_text_.size());
    if (long_text_ != nullptr) OPENSSL_cleanse(long_text_->data(), long_text_->size());
    long_text_.reset();
    text_ = nullptr;
    id_size_ = region_size_ = credential_size_ = secret_size_ = 0;
}

bool signing_key::is_for(const key_identity& who) const {
    const std::size_t region_at = std::size_t{id_size_} + 10;
    const std::size_t service_at = region_at + region_size_ + 1;
    if (who.access_key_id.size() != id_size_ || who.where.region.size() != region_size_ ||
        who.secret_access_key.size() != secret_size_ ||
        service_at + who.where.service.size() + 1 + scope_terminator.size() != credential_size_)
        return false;
    const auto stands_at = [this](std::size_t at, std::string_view part) {
        return part.empty() || std::memcmp(text_ + at, part.data(), part.size()) == 0;
    };
    // Both secrets are ours: how long this takes tells nobody anything.
    return stands_at(0, who.access_key_id) && stands_at(std::size_t{id_size_} + 1, who.date) &&
           stands_at(region_at, who.where.region) && stands_at(service_at, who.where.service) &&
           stands_at(credential_size_, who.secret_access_key);
}

// Four cache lines.
struct alignas(64) key_cache::entry {
    signing_key key;
    std::uint64_t hash = 0;
    index next_in_chain = 0;  // these two are index + 1; 0: none
    index next_in_group = 0;
    bool asked_for = false;  // since it was last looked at for eviction

    // Written once: a line that is only read costs no memory write.
    void was_asked_for() {
        if (!asked_for) asked_for = true;
    }
};

static_assert(sizeof(signing_key) <= 232);

key_cache::key_cache(std::size_t capacity) : capacity_(capacity) {
    TY_CHECK(capacity >= 1 && capacity <= (std::size_t{1} << 24), "a key cache holds 1 to 16 million keys");
}
key_cache::~key_cache() = default;

key_cache::entry& key_cache::at(index i) const {
    return blocks_[i / block_entries][i % block_entries];
}

key_cache::lookup key_cache::start(const key_identity& who) {
    lookup l{who};
    if (latest_ != 0) {
        entry& e = at(latest_ - 1);
        if (e.key.is_for(who)) {
            e.was_asked_for();
            l.found = &e.key;
            return l;
        }
    }
    l.hash = hash_of(who);
    if (!chains_.empty()) __builtin_prefetch(&chains_[l.hash & (chains_.size() - 1)]);
    return l;
}

void key_cache::fetch(const lookup& l) const {
    if (l.found != nullptr || chains_.empty()) return;
    const index first = chains_[l.hash & (chains_.size() - 1)];
    if (first == 0) return;
    const auto* const memory = reinterpret_cast<const char*>(&at(first - 1));
    for (std::size_t i = 0; i < sizeof(entry); i += 64) __builtin_prefetch(memory + i);
}

const signing_key& key_cache::finish(const lookup& l) {
    if (l.found != nullptr) return *l.found;
    if (const signing_key* known = search(l)) return *known;
    return add(l.who);
}

const signing_key* key_cache::find(const key_identity& who) {
    const lookup l = start(who);
    return l.found != nullptr ? l.found : search(l);
}

const signing_key* key_cache::search(const lookup& l) {
    if (chains_.empty()) return nullptr;
    for (index i = chains_[l.hash & (chains_.size() - 1)]; i != 0;) {
        entry& e = at(i - 1);
        if (e.hash == l.hash && e.key.is_for(l.who)) {
            e.was_asked_for();
            latest_ = i;
            return &e.key;
        }
        i = e.next_in_chain;
    }
    return nullptr;
}

const signing_key& key_cache::add(const key_identity& who) {
    // Four times as many chains as keys: hardly any has two, so that fetch() brings the right key.
    if (chains_.empty()) chains_.resize(4 * std::bit_ceil(capacity_));
    group& own = group_of(who.date);
    if (size() == capacity_) evict_one();
    const index i = take_free();
    entry& e = at(i);
    ++derivations_;
    e.key.set(who);
    e.hash = hash_of(who);
    e.asked_for = false;
    index& chain = chains_[e.hash & (chains_.size() - 1)];
    e.next_in_chain = chain;
    chain = i + 1;
    append(own, i);
    latest_ = i + 1;
    return e.key;
}

key_cache::index key_cache::take_free() {
    if (!free_.empty()) {
        const index i = free_.back();
        free_.pop_back();
        return i;
    }
    if (used_ == blocks_.size() * block_entries) blocks_.push_back(std::make_unique<entry[]>(block_entries));
    return static_cast<index>(used_++);
}

// The group of a date; a third date takes over the group of the oldest, whose keys go.
key_cache::group& key_cache::group_of(std::string_view date) {
    const auto date_of = [](const group& g) { return std::string_view{g.date.data(), g.date.size()}; };
    for (group& g : groups_)
        if (date_of(g) == date) return g;
    group& oldest = date_of(groups_[0]) <= date_of(groups_[1]) ? groups_[0] : groups_[1];
    while (oldest.count > 0) drop(pop(oldest));
    std::copy_n(date.begin(), oldest.date.size(), oldest.date.begin());
    return oldest;
}

void key_cache::append(group& g, index i) {
    at(i).next_in_group = 0;
    (g.count == 0 ? g.first : at(g.last - 1).next_in_group) = i + 1;
    g.last = i + 1;
    ++g.count;
}

key_cache::index key_cache::pop(group& g) {
    const index i = g.first - 1;
    g.first = at(i).next_in_group;
    --g.count;
    return i;
}

// Of a key that is in no group any more.
void key_cache::drop(index i) {
    entry& e = at(i);
    index* from = &chains_[e.hash & (chains_.size() - 1)];
    while (*from != i + 1) from = &at(*from - 1).next_in_chain;
    *from = e.next_in_chain;
    e.key.wipe();
    if (latest_ == i + 1) latest_ = 0;
    free_.push_back(i);
}

void key_cache::evict_one() {
    const bool first_goes =
        groups_[1].count == 0 || (groups_[0].count > 0 && groups_[0].date < groups_[1].date);
    group& g = groups_[first_goes ? 0 : 1];
    for (;;) {
        const index i = pop(g);
        if (!at(i).asked_for) return drop(i);
        at(i).asked_for = false;
        append(g, i);
    }
}

}  // namespace trainyard::sigv4
