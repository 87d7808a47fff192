// A part of the local AWS whose documents are named by what they tell of: whoever changes something touches
// its key, and the document is written from what is there when it is taken.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/local/base/durable.hpp"
#include "aws/local/base/kept_value.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local {

// Keys: a kind, and names that have no '/' but for the last one.
inline std::string kept_key(std::string_view kind, const account_id& account, const region_name& region,
                            std::string_view rest) {
    std::string out{kind};
    return out.append("/").append(account.str()).append("/").append(region.str()).append("/").append(rest);
}

// The parts of a key from the left, each up to the next '/'.
class kept_key_reader {
public:
    explicit kept_key_reader(std::string_view key) : rest_(key) {}
    std::string_view next() {
        const auto slash = rest_.find('/');
        const std::string_view out = rest_.substr(0, slash);
        rest_.remove_prefix(slash == std::string_view::npos ? rest_.size() : slash + 1);
        return out;
    }
    std::string_view rest() const { return rest_; }

private:
    std::string_view rest_;
};

class kept_part : public durable {
public:
    // `part`: a literal.
    explicit kept_part(std::string_view part) : part_(part) {}

    std::string_view part() const override { return part_; }
    void keep_changes() override { keeps_ = true; }
    bool changed() const override { return !touched_.empty(); }
    void take_changes(std::vector<durable_change>& into) override {
        for (const std::string& key : std::exchange(touched_, {}))
            into.push_back({key, document(key), false});
    }
    result<void> restore(std::string_view key, std::string_view value) override {
        const auto read = json::document::parse(value, kept::read_limits());
        if (!read || !take_back(key, read->root()))
            return error{errc::corrupt, "the document " + std::string{key} + " cannot be read"};
        return {};
    }

protected:
    bool keeps() const { return keeps_; }
    // Cheap while nothing is kept, when `key` is made by a function.
    template <class Key>
    void touch_by(const Key& key) {
        if (keeps_) touched_.insert(key());
    }
    void touch(std::string_view kind, const account_id& account, const region_name& region,
               std::string_view rest) {
        if (keeps_) touched_.insert(kept_key(kind, account, region, rest));
    }

    // Of a key that was touched; nothing: what it told of is gone.
    virtual std::optional<std::string> document(std::string_view key) = 0;
    virtual bool take_back(std::string_view key, json::value v) = 0;

private:
    std::string_view part_;
    bool keeps_ = false;
    std::set<std::string> touched_;
};

}  // namespace trainyard::aws::local
