#include "engine/sqlite/sqlite.hpp"

#include <sqlite3.h>

#include <cstring>

#include "engine/base/check.hpp"

namespace trainyard::sqlite {
namespace {

error describe(sqlite3* db, const file_name& name, int code, std::string_view doing) {
    const std::string file = name.kind + " " + name.path;
    const std::string during = " (while " + std::string(doing) + ")";
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            return {errc::already_exists, file + " is in use by another process; stop it first" + during};
        case SQLITE_NOTADB:
            return {errc::corrupt,
                    file + " is not a " + name.kind +
                        ", or its first page is damaged; name another file or restore a backup" + during};
        case SQLITE_CORRUPT:
            return {errc::corrupt,
                    file + " is damaged; keep a copy of it and its -wal file, and restore a backup" + during};
        case SQLITE_FULL: return {errc::io, file + ": the disk is full; free space and start again" + during};
        case SQLITE_NOMEM: return {errc::internal, file + ": out of memory" + during};
        case SQLITE_CANTOPEN:
        case SQLITE_PERM:
        case SQLITE_READONLY:
        case SQLITE_IOERR: {
            std::string text = file + ": " + sqlite3_errstr(code);
            if (const int e = db == nullptr ? 0 : sqlite3_system_errno(db); e != 0)
                text += std::string(": ") + std::strerror(e);
            return {errc::io,
                    text + "; check the disk and the file's permissions, then start again" + during};
        }
        default:
            return {errc::internal,
                    file + ": " + (db == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db)) + during};
    }
}

}  // namespace

void connection::closer::operator()(sqlite3* db) const {
    TY_CHECK(sqlite3_close(db) == SQLITE_OK, "statements must be gone before their connection");
}

error connection::failure(int code, std::string_view doing) const {
    return describe(raw(), *name_, code, doing);
}

result<connection> connection::open(const std::string& path, const std::string& kind) {
    connection c;
    c.name_ = std::make_shared<const file_name>(file_name{kind, path});
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(
        path.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nullptr);
    c.db_.reset(raw);
    if (code != SQLITE_OK) return c.failure(code, "opening");
    for (const auto& [option, on] :
         {std::pair{SQLITE_DBCONFIG_DEFENSIVE, 1}, std::pair{SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
          std::pair{SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1}})
        if (const int e = sqlite3_db_config(raw, option, on, nullptr); e != SQLITE_OK)
            return c.failure(e, "configuring");
    // mmap and a second connection are what turned the WAL-reset bug of SQLite before 3.51.3 into damaged
    // files.
    constexpr const char* settings =
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA mmap_size=0; PRAGMA cell_size_check=ON;"
        "PRAGMA temp_store=MEMORY; PRAGMA cache_size=-16384;";
    if (const int e = sqlite3_exec(raw, settings, nullptr, nullptr, nullptr); e != SQLITE_OK)
        return c.failure(e, "opening");
    return c;
}

result<void> connection::run(const char* sql) {
    if (const int code = sqlite3_exec(raw(), sql, nullptr, nullptr, nullptr); code != SQLITE_OK)
        return failure(code, sql);
    return {};
}

result<std::int64_t> connection::integer(const char* sql) {
    auto s = prepare(sql);
    if (!s) return s.error();
    auto row = s->start().step();
    if (!row) return row.error();
    const std::int64_t v = *row ? s->next_integer() : 0;
    return v;
}

result<std::string> connection::text(const char* sql) {
    auto s = prepare(sql);
    if (!s) return s.error();
    auto row = s->start().step();
    if (!row) return row.error();
    return *row ? s->next_text() : std::string{};
}

result<statement> connection::prepare(const char* sql) {
    statement s;
    sqlite3_stmt* raw_statement = nullptr;
    if (const int code =
            sqlite3_prepare_v3(raw(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw_statement, nullptr);
        code != SQLITE_OK)
        return failure(code, sql);
    s.s_.reset(raw_statement);
    s.db_ = raw();
    s.name_ = name_;
    return s;
}

result<connection::checkpointed> connection::checkpoint(int mode) {
    checkpointed c;
    if (const int code = sqlite3_wal_checkpoint_v2(raw(), nullptr, mode, &c.wal_pages, &c.moved);
        code != SQLITE_OK)
        return failure(code, "checkpointing");
    return c;
}

void connection::checkpoint_on_close(bool on) {
    sqlite3_db_config(raw(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, on ? 0 : 1, nullptr);
}

void statement::finalizer::operator()(sqlite3_stmt* s) const {
    sqlite3_finalize(s);
}

statement& statement::start() {
    finish();
    parameter_ = 0;
    bind_error_ = SQLITE_OK;
    return *this;
}

void statement::bound(int code) {
    if (bind_error_ == SQLITE_OK) bind_error_ = code;
}

statement& statement::integer(std::int64_t v) {
    bound(sqlite3_bind_int64(s_.get(), ++parameter_, v));
    return *this;
}

statement& statement::integer(std::optional<std::int64_t> v) {
    if (v) return integer(*v);
    bound(sqlite3_bind_null(s_.get(), ++parameter_));
    return *this;
}

// A null pointer would bind NULL, which is not the empty string.
statement& statement::text(std::string_view v) {
    bound(sqlite3_bind_text64(s_.get(), ++parameter_, v.data() == nullptr ? "" : v.data(), v.size(),
                              SQLITE_STATIC, SQLITE_UTF8));
    return *this;
}

statement& statement::blob(std::string_view v) {
    bound(sqlite3_bind_blob64(s_.get(), ++parameter_, v.data() == nullptr ? "" : v.data(), v.size(),
                              SQLITE_STATIC));
    return *this;
}

result<bool> statement::step() {
    TY_CHECK(parameter_ == sqlite3_bind_parameter_count(s_.get()), "every parameter must be bound anew");
    if (bind_error_ != SQLITE_OK) return describe(db_, *name_, bind_error_, sqlite3_sql(s_.get()));
    column_ = 0;
    const int code = sqlite3_step(s_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
        finish();
        return false;
    }
    error e = describe(db_, *name_, code, sqlite3_sql(s_.get()));
    if ((code & 0xff) == SQLITE_CONSTRAINT) e.code = errc::invalid_argument;
    finish();
    return e;
}

result<int> statement::execute() {
    auto row = step();
    if (!row) return row.error();
    TY_CHECK(!*row, "the statement returns rows");
    return sqlite3_changes(db_);
}

void statement::finish() {
    sqlite3_reset(s_.get());
}

std::int64_t statement::next_integer() {
    return sqlite3_column_int64(s_.get(), column_++);
}

std::optional<std::int64_t> statement::next_optional() {
    if (sqlite3_column_type(s_.get(), column_) != SQLITE_NULL) return next_integer();
    ++column_;
    return std::nullopt;
}

std::string statement::next_text() {
    return std::string{next_view()};
}

std::string_view statement::next_view() {
    const int column = column_++;
    const auto* data = static_cast<const char*>(sqlite3_column_blob(s_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(s_.get(), column));
    return data == nullptr ? std::string_view{} : std::string_view(data, size);
}

}  // namespace trainyard::sqlite
