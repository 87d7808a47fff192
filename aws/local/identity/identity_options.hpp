// How strictly the local AWS takes identities.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace trainyard::aws::local {

struct identity_options {
    // Every operation is checked against IAM's policies. Without, who signs for an account may do everything
    // in it.
    bool enforce = false;
    // Only roles that were created can be assumed and passed. Without, so can every well-formed role ARN
    // whose role was never created.
    bool strict_roles = false;
    // A new role can be assumed after this time, as IAM takes a while to tell all its servers.
    std::chrono::milliseconds role_delay{0};
    // JSON Web Key Sets (RFC 7517) by issuer, "https://token.example.com": web identity tokens of these
    // issuers have to be signed with one of their keys. Tokens of others are believed once their claims are
    // right.
    std::map<std::string, std::string> issuer_keys{};
};

}  // namespace trainyard::aws::local
