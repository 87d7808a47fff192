#include "scheduler/ledger/schema.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/base/encoding.hpp"

namespace trainyard::ledger {
namespace {

namespace fs = std::filesystem;

// Bodies stand apart so that loading the jobs does not read them. `last`/`prev` chain the steps of a job by
// primary key: history needs no index, and every insert appends.
constexpr const char* tables = R"(
CREATE TABLE meta(key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE jobs(
  id INTEGER PRIMARY KEY, last INTEGER NOT NULL,
  state TEXT NOT NULL, attempt INTEGER NOT NULL, pool TEXT NOT NULL, sagemaker_name TEXT NOT NULL,
  reason TEXT NOT NULL, not_before INTEGER, updated INTEGER NOT NULL,
  queue TEXT NOT NULL, message_id TEXT NOT NULL, dedup_key TEXT NOT NULL, tenant TEXT NOT NULL, kind TEXT NOT NULL,
  name TEXT NOT NULL, priority_class TEXT NOT NULL, priority INTEGER NOT NULL, max_attempts INTEGER NOT NULL,
  preemptible INTEGER NOT NULL, pools TEXT NOT NULL, demand TEXT NOT NULL, max_runtime_seconds INTEGER NOT NULL,
  spec_hash TEXT NOT NULL, accepted INTEGER NOT NULL,
  terms TEXT NOT NULL, progress TEXT NOT NULL) STRICT;
CREATE TABLE bodies(id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE transitions(
  seq INTEGER PRIMARY KEY, prev INTEGER NOT NULL, job INTEGER NOT NULL,
  state TEXT NOT NULL, attempt INTEGER NOT NULL, pool TEXT NOT NULL, name TEXT NOT NULL, reason TEXT NOT NULL,
  not_before INTEGER, at INTEGER NOT NULL, progress TEXT NOT NULL) STRICT;
)";

error file_error(const std::string& path, const std::string& what) {
    return {errc::io, "ledger " + path + ": " + what};
}

// A new file is readable by its owner alone: request bodies stand in it. O_EXCL never opens an existing file,
// because closing any descriptor of it would drop the locks this process holds.
result<void> ensure_file(const std::string& path) {
    std::error_code ec;
    const fs::path parent = fs::path(path).parent_path();
    if (!fs::is_directory(parent, ec))
        return file_error(path, "the directory " + parent.string() + " does not exist; create it first");
    const bool empty =
        !fs::exists(path, ec) || (fs::is_regular_file(path, ec) && fs::file_size(path, ec) == 0);
    const std::string wal = path + "-wal";
    if (empty && fs::exists(wal, ec) && fs::file_size(wal, ec) > 0)
        return error{errc::corrupt,
                     "ledger " + path + " is missing or empty but " + wal +
                         " is not: starting afresh would repeat jobs; put the ledger back beside it"};
    const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) {
        ::close(fd);
        return {};
    }
    if (errno == EEXIST) return {};
    return file_error(path, std::string("cannot be created: ") + std::strerror(errno));
}

result<void> create_tables(sqlite::connection& db, const std::string& installation) {
    const std::string header = "PRAGMA application_id=" + std::to_string(application_id) + ";";
    const std::string version =
        "INSERT INTO meta(key, value) VALUES('schema', '" + std::to_string(schema_version) + "');";
    if (auto r = db.run("BEGIN IMMEDIATE"); !r) return r;
    if (auto r = db.run(tables); !r) return r;
    if (auto r = db.run(header.c_str()); !r) return r;
    if (auto r = db.run(version.c_str()); !r) return r;
    auto insert = db.prepare("INSERT INTO meta(key, value) VALUES('installation', ?)");
    if (!insert) return insert.error();
    if (auto r = insert->start().text(installation).execute(); !r) return r.error();
    return db.run("COMMIT");
}

result<void> check_tables(sqlite::connection& db, const std::string& installation) {
    const auto schema = db.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key='schema'");
    if (!schema) return schema.error();
    const std::string file = "ledger " + db.path();
    if (*schema > schema_version)
        return error{errc::invalid_argument,
                     file + " has schema " + std::to_string(*schema) + ", this program knows up to " +
                         std::to_string(schema_version) + "; run the newer trainyard"};
    if (*schema != schema_version)
        return error{errc::corrupt, file + " states no valid schema version; restore a backup"};
    const auto owner = db.text("SELECT value FROM meta WHERE key='installation'");
    if (!owner) return owner.error();
    if (*owner != installation)
        return error{errc::invalid_argument, file + " belongs to installation \"" + printable(*owner) +
                                                 "\", not \"" + printable(installation) +
                                                 "\"; name another file or correct the "
                                                 "installation in the configuration"};
    return {};
}

}  // namespace

result<sqlite::connection> open_file(const std::string& given, const std::string& installation) {
    if (given.empty() || installation.empty())
        return error{errc::invalid_argument, "a ledger needs a file name and an installation name"};
    // Absolute, so that SQLite sees neither ":memory:" nor "file:" in it.
    std::error_code ec;
    const std::string path = fs::absolute(given, ec).string();
    if (ec) return file_error(given, ec.message());
    if (auto r = ensure_file(path); !r) return r.error();

    auto db = sqlite::connection::open(path, "ledger");
    if (!db) return db.error();
    // Reading comes before the change to WAL mode: a foreign database is left as it was.
    const auto id = db->integer("PRAGMA application_id");
    if (!id) return id.error();
    const auto objects = db->integer("SELECT count(*) FROM sqlite_schema");
    if (!objects) return objects.error();
    const bool fresh = *id == 0 && *objects == 0;
    if (!fresh && *id != application_id)
        return error{errc::invalid_argument,
                     "ledger " + path + " is another program's SQLite database; name another file"};
    if (!fresh)
        if (auto r = check_tables(*db, installation); !r) return r.error();

    const auto mode = db->text("PRAGMA journal_mode=WAL");
    if (!mode) return mode.error();
    if (*mode != "wal") return file_error(path, "this file system refuses SQLite's WAL mode (" + *mode + ")");
    // 64 MiB: a WAL that grew under load is cut back when it is next reset.
    if (auto r = db->run("PRAGMA synchronous=FULL; PRAGMA journal_size_limit=67108864"); !r) return r.error();
    if (const int code = sqlite3_wal_autocheckpoint(db->raw(), 0); code != SQLITE_OK)
        return db->failure(code, "configuring");
    if (fresh)
        if (auto r = create_tables(*db, installation); !r) return r.error();
    // Frames recovered after a failed fsync may stand in the page cache alone. Written to the main file and
    // synced anew they are durable whatever became of the WAL, and no later commit depends on them.
    if (auto r = db->checkpoint(SQLITE_CHECKPOINT_TRUNCATE); !r) return r.error();
    return db;
}

}  // namespace trainyard::ledger
