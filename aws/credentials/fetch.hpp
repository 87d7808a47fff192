// Credentials asked for over HTTP: container endpoint, instance metadata, SSO. Drivers over http::client;
// `deadline` is absolute and bounds everything. Errors name the place, say what to do, and never quote an
// answer or a token.
#pragma once

#include "aws/credentials/plan.hpp"
#include "engine/http/client.hpp"

namespace trainyard::aws {

// Three attempts of 2 s, a second apart. The token is read anew each time:
// AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, else AWS_CONTAINER_AUTHORIZATION_TOKEN.
task<result<sigv4::credentials>> fetch_from_container(http::client& client, const environment& env,
                                                      container_source from, mono_time deadline);

// IMDSv2 only: a session token by PUT, then the role, then its keys; 1 s each. Without a token it ends:
// version 1 lets anyone who can make this machine send a GET read its keys. errc::not_found: no role is
// attached.
task<result<sigv4::credentials>> fetch_from_instance(http::client& client, instance_source from,
                                                     mono_time deadline);

// The token that `aws sso login` left in ~/.aws/sso/cache, exchanged for the role's keys. It is not renewed
// here: errc::permission with what to run when it is missing or has expired at `now`.
task<result<sigv4::credentials>> fetch_from_sso(http::client& client, const environment& env, sso_source from,
                                                wall_time now, mono_time deadline);

}  // namespace trainyard::aws
