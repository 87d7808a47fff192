// Where this process's credentials come from: the chain as a decision over the environment and the profile
// files. Pure: it reads no file and asks nobody; what it returns says what to fetch. Order and rules are
// botocore's (credentials.py, create_credential_resolver); tests/interop holds both against each other.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "aws/credentials/addresses.hpp"
#include "aws/credentials/profiles.hpp"

namespace trainyard::aws {

inline constexpr std::size_t role_chain_max = 10;  // roles assumed one through another
inline constexpr const char* default_session_name = "trainyard";

struct environment_source {};  // AWS_ACCESS_KEY_ID and its companions, read again when they expire
struct static_source {
    std::string access_key_id;
    secret secret_access_key, session_token;
};
struct process_source {
    std::vector<std::string> arguments;
};
struct sso_source {
    std::string start_url, region, account_id, role_name;
    std::string session;  // empty: the legacy form, whose token is cached by start_url
    http_place portal;
};
struct web_identity_source {
    std::string token_file, role_arn, session_name;
};
struct container_source {
    http_place where;
};
struct instance_source {
    http_place where;
    bool configured = false;  // somebody named the endpoint; otherwise it is the last guess of the chain
};
using source = std::variant<environment_source, static_source, process_source, sso_source,
                            web_identity_source, container_source, instance_source>;

struct role_step {
    std::string profile;  // that configures it
    std::string role_arn, session_name;
    secret external_id;  // empty: none
    int duration_seconds = 3600;
};

struct chain_plan {
    std::string kind;  // environment, assume-role, web-identity, sso, shared-credentials-file, process,
                       // config-file, container, instance-metadata
    std::string description;  // for people, without secrets
    source base;
    std::vector<role_step> roles;  // the first is assumed with the base
};

// One place that was looked at, in order.
struct looked_place {
    std::string name, verdict;
};

struct origin_of_value {
    std::string value, origin;  // "us-east-1", "AWS_REGION"; both empty: nobody says
};

struct decision {
    origin_of_value profile, region;
    std::vector<looked_place> looked;
    std::optional<chain_plan> plan;
    std::optional<error> malformed;  // the configuration is wrong; neither plan nor malformed: there are none
};

struct profile_file {
    std::string path;
    result<ini_file> content = ini_file{};
    bool writable_by_others = false;  // by its group or the world
};

struct chain_input {
    const environment* env = nullptr;
    profile_file credentials, config;
    std::string
        profile;  // asked for by an argument: then the environment's keys and web identity do not count
};

decision decide(const chain_input& in);

// "no AWS credentials (PLACE: WHY; ...)" with every place that did not apply.
error none_found(const decision& d);

}  // namespace trainyard::aws
