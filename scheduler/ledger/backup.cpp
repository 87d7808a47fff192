// The ledger copied while it is written: SQLite's backup interface on the ledger's own connection, which also
// carries every change of a page that was copied already.
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include "scheduler/ledger/files.hpp"
#include "scheduler/ledger/impl.hpp"

namespace trainyard::ledger {

struct ledger::impl::copy {
    std::string path, partial;
    sqlite3* to = nullptr;
    sqlite3_backup* steps = nullptr;

    error failed(int code) const {
        return {errc::io, "backup " + path + ": " + sqlite3_errstr(code) +
                              "; free space or name another place, then begin it again"};
    }
    int finish() {
        const int code = sqlite3_backup_finish(std::exchange(steps, nullptr));
        const int closed = sqlite3_close(std::exchange(to, nullptr));
        return code != SQLITE_OK ? code : closed;
    }
};

void ledger::impl::copy_deleter::operator()(copy* c) const {
    if (c->steps != nullptr || c->to != nullptr) c->finish();
    ::unlink(c->partial.c_str());
    delete c;
}

result<void> ledger::begin_backup(const std::string& path) {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    if (i.backup) return error{errc::already_exists, "a backup to " + i.backup->path + " is under way"};
    std::unique_ptr<impl::copy, impl::copy_deleter> c{new impl::copy};
    c->path = path;
    c->partial = path + ".partial";
    if (auto made = file::open(c->partial, O_CREAT | O_TRUNC | O_RDWR); !made) return made.error();
    int code =
        sqlite3_open_v2(c->partial.c_str(), &c->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    if (code != SQLITE_OK) return c->failed(code);
    // It has no name yet, so it needs no journal; it is synced once, at the end.
    code = sqlite3_exec(c->to, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return c->failed(code);
    c->steps = sqlite3_backup_init(c->to, "main", i.db.raw(), "main");
    if (c->steps == nullptr) return c->failed(sqlite3_errcode(c->to));
    i.backup = std::move(c);
    return {};
}

result<bool> ledger::backup_step(int pages_max) {
    impl& i = *impl_;
    if (!i.backup) return error{errc::invalid_argument, "no backup is under way"};
    if (i.failed) {
        i.backup.reset();
        return *i.failed;
    }
    const int code = sqlite3_backup_step(i.backup->steps, pages_max);
    if (code == SQLITE_OK) return false;
    const auto c = std::move(i.backup);
    if (code != SQLITE_DONE) return c->failed(code);
    if (const int finished = c->finish(); finished != SQLITE_OK) return c->failed(finished);
    auto made = file::open(c->partial, O_RDWR);
    if (!made) return made.error();
    if (auto done = made->sync(); !done) return done.error();
    if (auto done = rename_file(c->partial, c->path); !done) return done.error();
    if (auto done = sync_directory_of(c->path); !done) return done.error();
    return true;
}

bool ledger::backing_up() const {
    return impl_->backup != nullptr;
}

}  // namespace trainyard::ledger
