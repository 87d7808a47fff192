// A backup in the place of the ledger, and what comparing it with SageMaker leaves.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/base/encoding.hpp"
#include "scheduler/ledger/files.hpp"
#include "scheduler/ledger/impl.hpp"
#include "scheduler/ledger/schema.hpp"

namespace trainyard::ledger {
namespace {

namespace fs = std::filesystem;

result<void> copy_file(const std::string& from, const std::string& to) {
    auto in = file::open(from, O_RDONLY);
    if (!in) return in.error();
    auto out = file::open(to, O_CREAT | O_TRUNC | O_WRONLY);
    if (!out) return out.error();
    std::string block(1U << 20U, '\0');
    for (;;) {
        const auto n = in->read(block.data(), block.size());
        if (!n) return n.error();
        if (*n == 0) break;
        if (auto done = out->write({block.data(), *n}); !done) return done;
    }
    if (auto done = out->sync(); !done) return done;
    return sync_directory_of(to);
}

// A second name for the file, so that it stays when the first is taken.
result<void> keep(const std::string& file, const std::string& as) {
    if (::link(file.c_str(), as.c_str()) == 0 || errno == ENOENT) return {};
    return error{errc::io, file + ": keeping it as " + as + ": " + std::strerror(errno)};
}

// The copy that will be the ledger: whole, of this schema, marked, with nothing in its WAL.
result<void> mark(const std::string& path, wall_time now) {
    const auto installation = read_installation(path);
    if (!installation) return installation.error();
    auto db = open_file(path, *installation);
    if (!db) return db.error();
    const auto sound = db->text("PRAGMA quick_check(1)");
    if (!sound) return sound.error();
    if (*sound != "ok")
        return error{errc::corrupt, "backup " + path + " is damaged (" + *sound + "); take another one"};
    auto insert = db->prepare("INSERT OR REPLACE INTO meta(key, value) VALUES('restored', ?)");
    if (!insert) return insert.error();
    const std::string when = std::to_string(to_unix_millis(now));
    if (auto done = insert->start().text(when).execute(); !done) return done.error();
    // A file without a WAL is whole by itself; the first open makes it WAL again.
    const auto mode = db->text("PRAGMA journal_mode=DELETE");
    if (!mode) return mode.error();
    if (*mode != "delete")
        return error{errc::io, "ledger " + path + ": its WAL cannot be closed (" + *mode + ")"};
    return {};
}

}  // namespace

result<void> restore(const std::string& given, const std::string& backup, wall_time now) {
    std::error_code ec;
    const std::string path = fs::absolute(given, ec).string();
    if (!fs::is_regular_file(backup, ec))
        return error{errc::invalid_argument, "backup " + backup + " does not exist"};
    if (fs::equivalent(path, backup, ec))
        return error{errc::invalid_argument, "the backup and the ledger are the same file " + path};
    if (fs::exists(backup + "-wal", ec) && fs::file_size(backup + "-wal", ec) > 0)
        return error{errc::invalid_argument,
                     "backup " + backup +
                         " has a -wal file beside it: it is a ledger in use or "
                         "one that was killed, no backup; open it with `trainyard jobs` first"};
    const std::string staged = path + ".staged", restoring = restoring_file(path);
    const std::string replaced = path + ".replaced-" + std::to_string(to_unix_millis(now));
    auto ready = copy_file(backup, staged);
    if (ready) ready = mark(staged, now);
    if (!ready) {
        ::unlink(staged.c_str());
        return ready;
    }
    // From here to the last rename the ledger refuses to open.
    if (auto done = rename_file(staged, restoring); !done) return done;
    if (auto done = sync_directory_of(path); !done) return done;
    // Whoever has it open would go on writing to the file that is kept. A damaged one is replaced all the
    // same.
    if (fs::exists(path, ec)) {
        const auto owner = read_installation(path);
        if (!owner && owner.error().code == errc::already_exists) {
            ::unlink(restoring.c_str());
            return owner.error();
        }
    }
    if (auto done = keep(path, replaced); !done) return done;
    if (auto done = keep(path + "-wal", replaced + "-wal"); !done) return done;
    if (auto done = sync_directory_of(path); !done) return done;
    // Its frames belong to the old file; SQLite would replay them into the new one.
    ::unlink((path + "-wal").c_str());
    if (auto done = sync_directory_of(path); !done) return done;
    if (auto done = rename_file(restoring, path); !done) return done;
    return sync_directory_of(path);
}

result<std::optional<wall_time>> ledger::restored() {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    const auto when = i.db.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key='restored'");
    if (!when) return i.stop(when.error());
    if (*when == 0) return std::optional<wall_time>{};
    return std::optional{from_unix_millis(*when)};
}

result<void> ledger::reconciled(std::span<const lifecycle::record> records,
                                std::span<const phantom> phantoms) {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    const auto write = [&]() -> result<void> {
        auto insert = i.db.prepare(
            "INSERT OR REPLACE INTO phantoms(pool, name, job, attempt, status, seen) VALUES(?,?,?,?,?,?)");
        if (!insert) return insert.error();
        if (auto done = i.begin.start().execute(); !done) return done.error();
        for (const lifecycle::record& r : records)
            if (auto done = i.store(r); !done) return done;
        for (const phantom& p : phantoms) {
            insert->start()
                .text(p.pool)
                .text(p.name)
                .integer(static_cast<std::int64_t>(p.job))
                .integer(p.attempt);
            const auto done = insert->text(p.status).integer(to_unix_millis(p.seen)).execute();
            if (!done) return done.error();
        }
        if (auto done = i.db.run("DELETE FROM meta WHERE key='restored'"); !done) return done;
        if (auto done = i.end.start().execute(); !done) return done.error();
        return {};
    };
    if (auto done = write(); !done) return i.stop(done.error());
    return {};
}

result<std::vector<phantom>> ledger::phantoms() {
    impl& i = *impl_;
    if (i.failed) return *i.failed;
    auto found = select_phantoms(i.db);
    if (!found) return i.stop(found.error());
    return found;
}

}  // namespace trainyard::ledger
