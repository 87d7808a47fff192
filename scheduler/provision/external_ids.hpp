// External ids that were generated for spoke roles: a file beside the ledger that only its owner can read.
// Losing it loses nothing: the roles' trust policies hold the same, and `provision apply` writes it anew.
#pragma once

#include <map>
#include <string>

#include "engine/base/result.hpp"
#include "engine/base/secret.hpp"
#include "scheduler/config/fleet.hpp"

namespace trainyard::provision {

using external_ids = std::map<std::string, secret>;  // by the role's ARN

// 192 random bits of the system as 48 hexadecimal digits.
secret generate_external_id();

std::string external_ids_file(const config::fleet& f);
// Empty when there is no file. errc::permission when others may read it.
result<external_ids> read_external_ids(const std::string& file);
// On disk once it returns, whole or not at all.
result<void> write_external_ids(const std::string& file, const external_ids& ids);
// Of pools with a role, where the fleet file gives none.
void fill_external_ids(config::fleet& f, const external_ids& ids);

}  // namespace trainyard::provision
