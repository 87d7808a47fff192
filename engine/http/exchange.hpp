// One request and its answer on one connection of a client.
#pragma once

#include "engine/http/client.hpp"
#include "engine/http/connection.hpp"

namespace trainyard::http {

// Refuses what would not be one well-formed message on the wire.
result<void> check_request(const request& what);
void render_request_head(std::string& out, const origin& to, const request& what);

struct answer {
    result<response> value = error{};
    bool reusable = false;      // the connection can carry another exchange
    bool nothing_came = false;  // it broke before the first byte of an answer
};

task<answer> run_exchange(connection& c, const origin& to, const request& what, const client_options& limits,
                          mono_time deadline);

}  // namespace trainyard::http
