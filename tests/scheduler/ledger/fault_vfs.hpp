// SQLite's file layer with faults: while the object lives it is SQLite's default VFS over the real one. It
// fails chosen operations, and models a disk on which nothing is durable until synced, so that a test can
// take the images that a kill or a power loss would leave. One thread only.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/base/rng.hpp"

namespace trainyard::ledger::testing {

enum class operation { open, read, write, truncate, sync, remove };
constexpr bool changes_disk(operation o) {
    return o != operation::open && o != operation::read;
}

class fault_vfs {
public:
    // File name (without directory) to contents.
    using image = std::map<std::string, std::string>;
    enum class loss {
        none,    // killed: the kernel keeps every write
        all,     // power loss: nothing since the last sync of each file
        prefix,  // power loss: the first few writes, the last of them torn
        subset,  // power loss: any sectors of any writes
    };

    fault_vfs();
    ~fault_vfs();
    fault_vfs(const fault_vfs&) = delete;
    fault_vfs& operator=(const fault_vfs&) = delete;

    // The operation of this number (from 1) fails, and every later one too when `for_good`. A failing write
    // leaves half; a failing sync loses what it was to sync, which still reads back until the power goes (as
    // Linux does).
    void fail(std::uint64_t number, bool for_good) {
        fail_at_ = number;
        for_good_ = for_good;
    }
    std::uint64_t count() const { return count_; }  // operations so far
    bool reached() const { return fail_at_ != 0 && count_ >= fail_at_; }
    operation failed() const { return failed_; }
    // Operations that change the disk, since the first fault.
    std::uint64_t changes_after_fault() const { return changes_after_fault_; }

    std::function<void()> before_change;  // called before each operation that changes the disk

    image take_image(loss l, rng& random) const;

private:
    struct change {
        std::size_t offset;
        std::string data;
        bool truncates;  // to `offset`
    };
    struct disk_file {
        std::string durable;
        std::vector<change> pending;
    };
    struct file;
    friend struct file;
    bool faulty(operation o);
    static void apply(std::string& contents, const change& c);

    sqlite3_vfs* real_;
    sqlite3_vfs vfs_{};
    std::map<std::string, disk_file> disk_;
    std::uint64_t count_ = 0, fail_at_ = 0, changes_after_fault_ = 0;
    bool for_good_ = false, faulted_ = false;
    operation failed_ = operation::open;
};

}  // namespace trainyard::ledger::testing
