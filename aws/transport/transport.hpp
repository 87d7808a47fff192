// One AWS call: sign, send, classify, retry. Every service client goes through here.
#pragma once

#include <memory>

#include "aws/credentials/provider.hpp"
#include "aws/transport/call.hpp"
#include "aws/transport/error.hpp"
#include "aws/transport/settings.hpp"
#include "engine/base/rng.hpp"
#include "engine/http/client.hpp"
#include "engine/metrics/registry.hpp"

namespace trainyard::aws {

class transport {
public:
    // `client`, `time` and `registry` outlive the transport. Used from the client's thread. `retries`: see
    // read_retry_settings.
    transport(http::client& client, const clock& time, metrics::registry& registry, std::uint64_t seed,
              retry_settings retries = {});
    ~transport();
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;

    // An expired token is refreshed and tried once more, a clock that differs is corrected and tried once
    // more, and retries follow the retry mode. When an endpoint has failed ten times in a row for this
    // identity, calls end at once as failure::unreachable until a probe gets through. 2xx answers only;
    // everything else is an api_error.
    task<api_result<http::response>> send(call what, std::shared_ptr<credentials_provider> who);
    // The same for a call that stays where it is until the answer: it is not copied.
    task<api_result<http::response>> send_kept(const call& what, std::shared_ptr<credentials_provider> who);

    const clock& time() const;

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::aws
