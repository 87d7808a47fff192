#include "scheduler/ledger/reading_slot.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>

namespace trainyard::ledger {

result<reading_slot> reading_slot::open(const std::string& path) {
    auto f = file::open(path, O_RDWR | O_CREAT);
    if (!f) return f.error();
    std::array<char, size> bytes{};
    const auto n = f->read(bytes.data(), bytes.size());
    if (!n) return n.error();
    const auto end = std::find(bytes.data(), bytes.data() + *n, '\0');
    std::string key(bytes.data(), end);
    // Grown once, so that no later write needs room on the disk.
    if (*n < size) {
        bytes.fill('\0');
        std::copy(key.begin(), key.end(), bytes.begin());
        if (auto done = f->overwrite({bytes.data(), bytes.size()}); !done) return done.error();
    }
    return reading_slot{std::move(*f), key.empty() ? std::nullopt : std::optional{std::move(key)}};
}

reading_slot::scope reading_slot::begin(std::string_view key) const {
    std::string text{key.substr(0, size - 1)};
    text.push_back('\0');
    static_cast<void>(file_.overwrite(text));
    return scope{*this};
}

result<void> reading_slot::clear() const {
    return file_.overwrite(std::string_view{"\0", 1});
}

result<std::map<std::string, int>> count_crash(ledger& l, const reading_slot& slot) {
    auto counts = l.marks();
    if (!counts || !slot.left()) return counts;
    lifecycle::record r;
    r.mark = lifecycle::record::reading{*slot.left(), ++(*counts)[*slot.left()]};
    const std::vector<lifecycle::record> records{r};
    if (auto done = l.commit(records); !done) return done.error();
    if (auto done = slot.clear(); !done) return done.error();
    return counts;
}

}  // namespace trainyard::ledger
