// Stages 3 and 4: the signing key and what is made with it (AWS: "Create a signed AWS API request", steps 3
// and 4), and a cache of such keys.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sigv4/request.hpp"
#include "sigv4/sha256.hpp"
#include "sigv4/text_buffer.hpp"

namespace trainyard::sigv4 {

inline constexpr std::string_view scope_terminator = "aws4_request";

// All that a signing key depends on. Two identities that differ in the secret alone never share a key.
struct key_identity {
    std::string_view access_key_id;
    std::string_view secret_access_key;
    std::string_view date;  // YYYYMMDD
    scope where;
};

// HMAC(HMAC(HMAC(HMAC("AWS4" + secret, date), region), service), "aws4_request"), as the HMAC state it keys.
void derive(hmac_sha256& out, const key_identity& who);

// A signing key with its identity. What is secret in it is overwritten when it goes.
class signing_key {
public:
    signing_key() = default;
    explicit signing_key(const key_identity& who) { set(who); }
    signing_key(const signing_key&) = delete;
    signing_key& operator=(const signing_key&) = delete;
    ~signing_key() { wipe(); }

    void set(const key_identity& who);
    void wipe();
    bool is_for(const key_identity& who) const;

    mac sign(text_buffer& string_to_sign) const {
        return hmac_.of_padded(string_to_sign.padded(sha256_block_size));
    }
    mac sign(std::string_view string_to_sign) const { return hmac_(string_to_sign); }
    // AKIDEXAMPLE/20150830/us-east-1/sqs/aws4_request
    std::string_view credential() const { return {text_, credential_size_}; }
    // The same without the access key id.
    std::string_view scope_text() const { return credential().substr(std::size_t{id_size_} + 1); }
    std::string_view date() const { return {text_ + id_size_ + 1, 8}; }

private:
    // Credential and secret stand together, so that a hit touches few cache lines; longer ones, which AWS
    // does not make, stand apart.
    static constexpr std::size_t inline_size = 132;

    hmac_sha256 hmac_;
    const char* text_ = nullptr;
    std::unique_ptr<std::string> long_text_;
    std::uint32_t id_size_ = 0, region_size_ = 0, credential_size_ = 0, secret_size_ = 0;
    std::array<char, inline_size> inline_text_;
};

// Signing keys of recent identities: four HMACs of five saved for each request. A look-up costs the same
// however many there are, an eviction so on average. Not thread-safe: one per thread, so that no request
// waits for a lock.
//
// Keys of two dates live side by side, as around midnight; the keys of an older one go, all at once, when a
// third comes. When the cache is full the older date goes first, and within a date what was not asked for
// lately.
class key_cache {
public:
    // Above any fleet foreseen (10,000 accounts); about 5 MiB when full, taken as keys come.
    static constexpr std::size_t capacity_default = 16'384;

    explicit key_cache(std::size_t capacity = capacity_default);
    key_cache(const key_cache&) = delete;
    key_cache& operator=(const key_cache&) = delete;
    ~key_cache();

    // A look-up in steps, so that memory that no cache of the CPU holds comes while the caller does something
    // else: with thousands of accounts every request finds its key there. No call that adds a key between.
    struct lookup {
        key_identity who;
        std::uint64_t hash = 0;
        const signing_key* found = nullptr;
    };
    lookup start(const key_identity& who);
    void fetch(const lookup& l) const;
    // Valid until the next call that adds one.
    const signing_key& finish(const lookup& l);
    const signing_key& get(const key_identity& who) { return finish(start(who)); }
    // Null when it is not there.
    const signing_key* find(const key_identity& who);
    // Adds a key that is not there.
    const signing_key& add(const key_identity& who);

    std::size_t size() const { return groups_[0].count + groups_[1].count; }
    std::size_t derivations() const { return derivations_; }

private:
    using index = std::uint32_t;
    struct entry;
    // Keys of one date, from the one that goes first to the one that goes last.
    struct group {
        std::array<char, 8> date{};
        index first = 0, last = 0;
        std::size_t count = 0;
    };

    entry& at(index i) const;
    const signing_key* search(const lookup& l);
    index take_free();
    group& group_of(std::string_view date);
    void append(group& g, index i);
    index pop(group& g);
    void drop(index i);
    void evict_one();

    const std::size_t capacity_;
    std::vector<std::unique_ptr<entry[]>> blocks_;  // never moved: a key leaves no copies behind
    std::vector<index> chains_;                     // by hash; index + 1 of the first, 0: none
    std::vector<index> free_;
    std::size_t used_ = 0;  // entries ever taken into use
    std::array<group, 2> groups_;
    index latest_ = 0;  // index + 1 of the last one found: most requests come from one account in a row
    std::size_t derivations_ = 0;
};

}  // namespace trainyard::sigv4
