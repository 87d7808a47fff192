// A ledger that nobody has open, or a backup of one, played again and checked. Changes nothing.
#pragma once

#include <functional>
#include <string>

#include "scheduler/ledger/ledger.hpp"
#include "scheduler/ledger/replay.hpp"

namespace trainyard::ledger {

struct audited {
    std::string installation;
    std::int64_t schema = 0;
    bool restored = false;       // and not reconciled yet
    std::uint64_t phantoms = 0;  // recorded by a reconciliation
    trainyard::ledger::verdict verdict;
};

// Called for each job in id order with its state as the steps tell it; what it needs it keeps.
using on_job = std::function<void(const lifecycle::job&)>;

// Keeps at most `keep_violations` of the violations and counts all. Errors as ledger::open(), and
// errc::corrupt when a row cannot be read at all.
result<audited> audit(const std::string& path, std::size_t keep_violations, const on_job& each = {});

// As ledger::phantoms(), of a file that nobody has open.
result<std::vector<phantom>> read_phantoms(const std::string& path);

}  // namespace trainyard::ledger
