#include "aws/local/durable/data_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/sqlite/sqlite.hpp"

namespace trainyard::aws::local {
namespace {

namespace fs = std::filesystem;

const std::string kind = "data file";

constexpr const char* tables = R"(
CREATE TABLE documents(part TEXT NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL,
  PRIMARY KEY(part, key)) STRICT, WITHOUT ROWID;
)";

error refused(errc code, const std::string& path, std::string_view why) {
    return {code, fmt::format("{} {}: {}", kind, path, why)};
}

// O_EXCL never opens an existing file: closing any descriptor of it would drop this process's locks.
result<void> ensure_file(const std::string& path) {
    const int fd = ::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0) {
        ::close(fd);
        return {};
    }
    if (errno == EEXIST) return {};
    return refused(errc::io, path, std::string{"cannot be created: "} + std::strerror(errno));
}

result<void> create_tables(sqlite::connection& db) {
    const std::string header =
        fmt::format("PRAGMA application_id={}; PRAGMA user_version={};", data_file_id, data_file_schema);
    if (auto r = db.run("BEGIN IMMEDIATE"); !r) return r;
    if (auto r = db.run(tables); !r) return r;
    if (auto r = db.run(header.c_str()); !r) return r;
    return db.run("COMMIT");
}

result<void> check_tables(sqlite::connection& db) {
    const auto schema = db.integer("PRAGMA user_version");
    if (!schema) return schema.error();
    if (*schema != data_file_schema)
        return refused(
            errc::invalid_argument, db.path(),
            fmt::format("has schema {}, this program knows {}; use the trainyard that wrote it, or "
                        "another file",
                        *schema, data_file_schema));
    const auto sound = db.text("PRAGMA quick_check(1)");
    if (!sound) return sound.error();
    if (*sound != "ok")
        return refused(errc::corrupt, db.path(),
                       "is damaged (" + *sound + "); keep a copy and name another file");
    return {};
}

// The first key behind every key with that prefix; nothing when there is none (only bytes of 255).
std::optional<std::string> behind(std::string prefix) {
    while (!prefix.empty() && static_cast<unsigned char>(prefix.back()) == 0xFF) prefix.pop_back();
    if (prefix.empty()) return std::nullopt;
    prefix.back() = static_cast<char>(static_cast<unsigned char>(prefix.back()) + 1);
    return prefix;
}

}  // namespace

struct data_file::impl {
    explicit impl(sqlite::connection c) : db(std::move(c)) {}
    result<void> prepare();
    result<void> apply(const std::string& part, const durable_change& change);

    sqlite::connection db;  // before the statements: they must be gone when it closes
    sqlite::statement begin, commit, rollback, put, erase, erase_range, erase_from, select;
};

result<void> data_file::impl::prepare() {
    const std::pair<sqlite::statement*, const char*> all[] = {
        {&begin, "BEGIN IMMEDIATE"},
        {&commit, "COMMIT"},
        {&rollback, "ROLLBACK"},
        {&put,
         "INSERT INTO documents(part, key, value) VALUES(?, ?, ?) "
         "ON CONFLICT DO UPDATE SET value=excluded.value"},
        {&erase, "DELETE FROM documents WHERE part=? AND key=?"},
        {&erase_range, "DELETE FROM documents WHERE part=? AND key>=? AND key<?"},
        {&erase_from, "DELETE FROM documents WHERE part=? AND key>=?"},
        {&select, "SELECT key, value FROM documents WHERE part=? ORDER BY key"}};
    for (const auto& [into, sql] : all) {
        auto made = db.prepare(sql);
        if (!made) return made.error();
        *into = std::move(*made);
    }
    return {};
}

result<void> data_file::impl::apply(const std::string& part, const durable_change& change) {
    result<int> done = 0;
    if (change.value) {
        done = put.start().text(part).blob(change.key).blob(*change.value).execute();
    } else if (!change.prefix) {
        done = erase.start().text(part).blob(change.key).execute();
    } else if (const auto end = behind(change.key)) {
        done = erase_range.start().text(part).blob(change.key).blob(*end).execute();
    } else {
        done = erase_from.start().text(part).blob(change.key).execute();
    }
    if (!done) return done.error();
    return {};
}

data_file::data_file(std::unique_ptr<impl> i) : impl_(std::move(i)) {}
data_file::~data_file() = default;
data_file::data_file(data_file&&) noexcept = default;

result<data_file> data_file::open(const std::string& given) {
    // Absolute, so that SQLite sees neither ":memory:" nor "file:" in it.
    std::error_code failed;
    const std::string path = fs::absolute(given, failed).string();
    if (failed || given.empty()) return refused(errc::invalid_argument, given, "is no file name");
    if (auto r = ensure_file(path); !r) return r.error();
    auto db = sqlite::connection::open(path, kind);
    if (!db) return db.error();
    // Reading comes before the change to WAL mode: a foreign database is left as it was.
    const auto id = db->integer("PRAGMA application_id");
    if (!id) return id.error();
    const auto objects = db->integer("SELECT count(*) FROM sqlite_schema");
    if (!objects) return objects.error();
    const bool fresh = *id == 0 && *objects == 0;
    if (!fresh && *id != data_file_id)
        return refused(errc::invalid_argument, path,
                       "is another program's SQLite database; name another file");
    if (!fresh)
        if (auto r = check_tables(*db); !r) return r.error();
    const auto mode = db->text("PRAGMA journal_mode=WAL");
    if (!mode) return mode.error();
    if (*mode != "wal")
        return refused(errc::io, path, "this file system refuses SQLite's WAL mode (" + *mode + ")");
    // NORMAL: a commit is with the operating system, which survives the process; checkpoints are synced.
    if (auto r = db->run("PRAGMA synchronous=NORMAL; PRAGMA journal_size_limit=67108864"); !r)
        return r.error();
    if (fresh)
        if (auto r = create_tables(*db); !r) return r.error();
    db->checkpoint_on_close(true);
    auto made = std::make_unique<impl>(*std::move(db));
    if (auto r = made->prepare(); !r) return r.error();
    return data_file{std::move(made)};
}

result<void> data_file::read(
    std::string_view part,
    const std::function<result<void>(std::string_view key, std::string_view value)>& each) {
    sqlite::statement& rows = impl_->select;
    rows.start().text(part);
    for (;;) {
        const auto row = rows.step();
        if (!row) return row.error();
        if (!*row) return {};
        const std::string_view key = rows.next_view(), value = rows.next_view();
        if (auto r = each(key, value); !r) {
            rows.finish();
            return with_context(r.error(), fmt::format("{} {}, part {}", kind, impl_->db.path(), part));
        }
    }
}

result<void> data_file::write(const std::vector<part_changes>& all) {
    if (auto r = impl_->begin.start().execute(); !r) return r.error();
    result<void> done;
    for (const part_changes& p : all)
        for (const durable_change& c : p.changes)
            if (done) done = impl_->apply(p.part, c);
    if (done)
        if (auto r = impl_->commit.start().execute(); !r) done = r.error();
    // What failed may have rolled back already; then this fails, which changes nothing.
    if (!done) (void)impl_->rollback.start().execute();
    return done;
}

}  // namespace trainyard::aws::local
