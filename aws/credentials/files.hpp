// The files of the chain, read. Drivers: everything here touches the disk.
#pragma once

#include <string>

#include "aws/credentials/plan.hpp"

namespace trainyard::aws {

// AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE, or their places in ~/.aws, as decide() wants them. A file
// that is not there is an empty one. `env` must outlive the result.
chain_input read_chain_input(const environment& env, std::string profile = {});

// The whole file. errc::not_found, errc::io, or errc::limit when it is larger than `bytes_max`; the message
// names the file. It is read each time: tokens in files rotate.
result<secret> read_secret_file(const std::string& path, std::size_t bytes_max);

// ~/.aws/sso/cache/SHA1.json of an SSO session (or of its start URL in the legacy form).
std::string sso_cache_file(const sso_source& from, const environment& env);

}  // namespace trainyard::aws
