// The file of a ledger: created, or recognised and made ready for commits. Internal to this folder.
#pragma once

#include <string>

#include "engine/sqlite/sqlite.hpp"

namespace trainyard::ledger {

// Raised by every change of the tables; an older program refuses a newer file.
constexpr std::int64_t schema_version = 2;
// "TyLg" in the header of the file, so that a foreign SQLite database is never taken for a ledger.
constexpr std::int64_t application_id = 0x54794c67;

// While it exists the ledger beside it must not be opened: a restore was interrupted.
inline std::string restoring_file(const std::string& path) {
    return path + ".restoring";
}

// The installation that an existing ledger belongs to; any schema up to this one. Changes nothing.
result<std::string> read_installation(const std::string& path);

// The connection it returns is in WAL mode with synchronous=FULL, checkpoints only on demand, and its WAL is
// empty.
result<sqlite::connection> open_file(const std::string& path, const std::string& installation);

}  // namespace trainyard::ledger
