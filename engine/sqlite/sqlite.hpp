// The little of SQLite that files of our own need, with errors as values. For .cpp files and internal
// headers: it brings sqlite3.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace trainyard::sqlite {

class statement;

struct file_name {
    std::string kind, path;
};

// One connection, for one thread at a time (SQLite's own mutexes are off).
class connection {
public:
    // Takes exclusive locking before anything is read, so that SQLite never uses a shared-memory WAL index.
    // Creates nothing: the file must exist (it may be empty). `kind` is what errors call it: "ledger".
    static result<connection> open(const std::string& path, const std::string& kind);

    // Statements separated by semicolons, without results.
    result<void> run(const char* sql);
    // First column of the first row; 0 when it is NULL.
    result<std::int64_t> integer(const char* sql);
    result<std::string> text(const char* sql);
    // The connection must outlive the statement.
    result<statement> prepare(const char* sql);

    struct checkpointed {
        int wal_pages = 0, moved = 0;
    };
    // `mode` is one of SQLITE_CHECKPOINT_*.
    result<checkpointed> checkpoint(int mode);
    // Whether closing moves the WAL into the main file. Off until asked for: after an error closing writes
    // nothing, because what could not be synced must not be synced again.
    void checkpoint_on_close(bool on);

    sqlite3* raw() const { return db_.get(); }
    const std::string& path() const { return name_->path; }
    // SQLite's last error as ours: the file, what was being done, and what to do about it.
    error failure(int code, std::string_view doing) const;

private:
    struct closer {
        void operator()(sqlite3* db) const;
    };
    std::unique_ptr<sqlite3, closer> db_;
    std::shared_ptr<const file_name> name_;
};

// A prepared statement that is used again and again. Parameters are bound in order after start(); what is
// bound must live until the next step(). Columns are read in order after each row.
class statement {
public:
    statement() = default;

    statement& start();
    statement& integer(std::int64_t v);
    statement& integer(std::optional<std::int64_t> v);  // nothing: NULL
    statement& text(std::string_view v);
    statement& blob(std::string_view v);

    // True when there is a row. After false or an error the statement is idle again.
    result<bool> step();
    // For statements without rows; the number of rows changed.
    result<int> execute();
    // Ends reading early; an idle statement holds no read lock.
    void finish();

    std::int64_t next_integer();
    std::optional<std::int64_t> next_optional();
    std::string next_text();
    std::string_view next_view();  // text or blob, until the next step or start

private:
    friend class connection;
    struct finalizer {
        void operator()(sqlite3_stmt* s) const;
    };
    void bound(int code);
    std::unique_ptr<sqlite3_stmt, finalizer> s_;
    sqlite3* db_ = nullptr;
    std::shared_ptr<const file_name> name_;
    int parameter_ = 0, column_ = 0, bind_error_ = 0;
};

}  // namespace trainyard::sqlite
