#include "tests/scheduler/ledger/fault_vfs.hpp"

#include <algorithm>
#include <filesystem>
#include <new>

namespace trainyard::ledger::testing {

// Version 1 has no shared memory: SQLite can use WAL here only because the ledger locks exclusively.
struct fault_vfs::file {
    sqlite3_file base;
    fault_vfs* owner;
    std::string name;
    sqlite3_file* real;

    static file& of(sqlite3_file* f) { return *reinterpret_cast<file*>(f); }
    disk_file& disk() const { return owner->disk_[name]; }

    static int close(sqlite3_file* f) {
        file& self = of(f);
        const int code = self.real->pMethods == nullptr ? SQLITE_OK : self.real->pMethods->xClose(self.real);
        self.~file();
        return code;
    }
    static int read(sqlite3_file* f, void* to, int n, sqlite3_int64 at) {
        if (of(f).owner->faulty(operation::read)) return SQLITE_IOERR_READ;
        return of(f).real->pMethods->xRead(of(f).real, to, n, at);
    }
    static int write(sqlite3_file* f, const void* from, int n, sqlite3_int64 at) {
        file& self = of(f);
        const bool fault = self.owner->faulty(operation::write);
        const int kept = fault ? n / 2 : n;
        self.disk().pending.push_back(
            {static_cast<std::size_t>(at),
             std::string(static_cast<const char*>(from), static_cast<std::size_t>(kept)), false});
        const int code = self.real->pMethods->xWrite(self.real, from, kept, at);
        return fault ? SQLITE_FULL : code;
    }
    static int truncate(sqlite3_file* f, sqlite3_int64 size) {
        file& self = of(f);
        if (self.owner->faulty(operation::truncate)) return SQLITE_IOERR_TRUNCATE;
        self.disk().pending.push_back({static_cast<std::size_t>(size), {}, true});
        return self.real->pMethods->xTruncate(self.real, size);
    }
    static int sync(sqlite3_file* f, int) {
        file& self = of(f);
        disk_file& d = self.disk();
        if (self.owner->faulty(operation::sync)) {
            d.pending.clear();
            return SQLITE_IOERR_FSYNC;
        }
        for (const change& c : d.pending) apply(d.durable, c);
        d.pending.clear();
        return SQLITE_OK;  // the model holds what is durable; the machine's own disk need not
    }
    static int size(sqlite3_file* f, sqlite3_int64* n) {
        return of(f).real->pMethods->xFileSize(of(f).real, n);
    }
    static int lock(sqlite3_file* f, int l) { return of(f).real->pMethods->xLock(of(f).real, l); }
    static int unlock(sqlite3_file* f, int l) { return of(f).real->pMethods->xUnlock(of(f).real, l); }
    static int reserved(sqlite3_file* f, int* out) {
        return of(f).real->pMethods->xCheckReservedLock(of(f).real, out);
    }
    static int control(sqlite3_file* f, int op, void* arg) {
        return of(f).real->pMethods->xFileControl(of(f).real, op, arg);
    }
    static int sector(sqlite3_file* f) { return of(f).real->pMethods->xSectorSize(of(f).real); }
    static int device(sqlite3_file* f) { return of(f).real->pMethods->xDeviceCharacteristics(of(f).real); }

    static int open(sqlite3_vfs* v, const char* path, sqlite3_file* f, int flags, int* out) {
        static const sqlite3_io_methods methods = [] {
            sqlite3_io_methods m{};
            m.iVersion = 1;
            m.xClose = close;
            m.xRead = read;
            m.xWrite = write;
            m.xTruncate = truncate;
            m.xSync = sync;
            m.xFileSize = size;
            m.xLock = lock;
            m.xUnlock = unlock;
            m.xCheckReservedLock = reserved;
            m.xFileControl = control;
            m.xSectorSize = sector;
            m.xDeviceCharacteristics = device;
            return m;
        }();
        f->pMethods = nullptr;
        auto* owner = static_cast<fault_vfs*>(v->pAppData);
        if (owner->faulty(operation::open)) return SQLITE_CANTOPEN;
        auto* real_file = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(f) + sizeof(file));
        const std::string name =
            std::filesystem::path(path == nullptr ? "temporary" : path).filename().string();
        const int code = owner->real_->xOpen(owner->real_, path, real_file, flags, out);
        if (code != SQLITE_OK) {
            if (real_file->pMethods != nullptr) real_file->pMethods->xClose(real_file);
            return code;
        }
        new (f) file{{&methods}, owner, name, real_file};
        owner->disk_.try_emplace(name);
        return SQLITE_OK;
    }
    static int remove(sqlite3_vfs* v, const char* path, int sync_directory) {
        auto* owner = static_cast<fault_vfs*>(v->pAppData);
        if (owner->faulty(operation::remove)) return SQLITE_IOERR_DELETE;
        owner->disk_.erase(std::filesystem::path(path).filename().string());
        return owner->real_->xDelete(owner->real_, path, sync_directory);
    }
};

fault_vfs::fault_vfs() : real_(sqlite3_vfs_find(nullptr)) {
    vfs_ = *real_;
    vfs_.zName = "faulty";
    vfs_.pNext = nullptr;
    vfs_.pAppData = this;
    vfs_.szOsFile = static_cast<int>(sizeof(file)) + real_->szOsFile;
    vfs_.xOpen = file::open;
    vfs_.xDelete = file::remove;
    // These look at their own pAppData, so they must be handed the real VFS.
    vfs_.xAccess = [](sqlite3_vfs* v, const char* p, int flags, int* out) {
        sqlite3_vfs* r = static_cast<fault_vfs*>(v->pAppData)->real_;
        return r->xAccess(r, p, flags, out);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* v, const char* p, int n, char* out) {
        sqlite3_vfs* r = static_cast<fault_vfs*>(v->pAppData)->real_;
        return r->xFullPathname(r, p, n, out);
    };
    sqlite3_vfs_register(&vfs_, 1);
}

fault_vfs::~fault_vfs() {
    sqlite3_vfs_unregister(&vfs_);
    sqlite3_vfs_register(real_, 1);
}

bool fault_vfs::faulty(operation o) {
    if (changes_disk(o) && before_change) before_change();
    ++count_;
    if (fail_at_ != 0 && (count_ == fail_at_ || (for_good_ && count_ > fail_at_))) {
        if (!faulted_)
            failed_ = o;
        else if (changes_disk(o))
            ++changes_after_fault_;
        faulted_ = true;
        return true;
    }
    if (faulted_ && changes_disk(o)) ++changes_after_fault_;
    return false;
}

void fault_vfs::apply(std::string& contents, const change& c) {
    if (c.truncates) {
        contents.resize(c.offset);
        return;
    }
    if (contents.size() < c.offset + c.data.size()) contents.resize(c.offset + c.data.size());
    std::copy(c.data.begin(), c.data.end(), contents.begin() + static_cast<std::ptrdiff_t>(c.offset));
}

fault_vfs::image fault_vfs::take_image(loss l, rng& random) const {
    constexpr std::size_t sector = 512;
    image result;
    for (const auto& [name, d] : disk_) {
        std::string contents = d.durable;
        const std::size_t kept = l == loss::prefix ? random.below(d.pending.size() + 1) : d.pending.size();
        for (std::size_t i = 0; i < kept && l != loss::all; ++i) {
            const change& c = d.pending[i];
            const bool torn = l == loss::subset || (l == loss::prefix && i + 1 == kept);
            if (!torn) {
                apply(contents, c);
            } else if (c.truncates) {
                if (random.chance(0.5)) apply(contents, c);
            } else {
                // Boundaries are those of the disk, not of the write.
                for (std::size_t from = 0; from < c.data.size();) {
                    const std::size_t to =
                        std::min(c.data.size(), from + sector - (c.offset + from) % sector);
                    if (random.chance(0.5))
                        apply(contents, {c.offset + from, c.data.substr(from, to - from), false});
                    from = to;
                }
            }
        }
        result.emplace(name, std::move(contents));
    }
    return result;
}

}  // namespace trainyard::ledger::testing
