// Which message is being read right now, for the next start to know whether one ended the program.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "scheduler/ledger/files.hpp"
#include "scheduler/ledger/ledger.hpp"

namespace trainyard::ledger {

// A small file beside the ledger, written without a sync: the system keeps it whatever ends the program. A
// power loss may take it, or bring an older one back; a message ends neither the system nor the power, and
// the one false count of that is not enough to set anything aside.
class reading_slot {
public:
    static constexpr std::size_t size = 4096;  // a key has less than 300 bytes

    static result<reading_slot> open(const std::string& path);

    // Names the message until it goes out of scope. A write that fails costs only what the slot is for: a
    // message that ends the program is not blamed for it. So nothing is made of it.
    class [[nodiscard]] scope {
    public:
        explicit scope(const reading_slot& slot) : slot_(slot) {}
        scope(const scope&) = delete;
        scope& operator=(const scope&) = delete;
        ~scope() { static_cast<void>(slot_.clear()); }

    private:
        const reading_slot& slot_;
    };
    scope begin(std::string_view key) const;
    result<void> clear() const;
    // The key that the program before left, if it ended inside a reading.
    const std::optional<std::string>& left() const { return left_; }

private:
    reading_slot(file f, std::optional<std::string> left) : file_(std::move(f)), left_(std::move(left)) {}
    file file_;
    std::optional<std::string> left_;
};

// Counts in the ledger what the slot tells, and empties it; gives all counts, by message key. An end just
// between these two counts twice; like any end from outside it comes on top of real ones only.
result<std::map<std::string, int>> count_crash(ledger& l, const reading_slot& slot);

}  // namespace trainyard::ledger
