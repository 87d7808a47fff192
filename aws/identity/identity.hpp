// Who this process is, and which roles it takes: the credential chain put together. Composition root of
// aws/credentials (what to fetch, and how) and aws/sts (roles).
#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>

#include "aws/credentials/plan.hpp"
#include "aws/sts/client.hpp"
#include "engine/http/client.hpp"

namespace trainyard::aws {

// One per io_context. Owns the coroutines that fetch, and outlives the providers that it gives out; `io`,
// `http`, `t` and `env` outlive both.
class identity {
public:
    identity(boost::asio::io_context& io, http::client& http, transport& t, const environment& env,
             std::uint64_t seed);
    ~identity();  // close() must have completed
    identity(const identity&) = delete;
    identity& operator=(const identity&) = delete;

    // The process's own credentials, from the first place of the chain that has any; `profile` as for
    // --profile. Nothing is fetched yet. errc::permission naming every place when none has;
    // errc::invalid_argument, corrupt or permission when one that applies is configured wrongly.
    result<std::shared_ptr<credentials_provider>> open(std::string profile = {});
    // The same for a decision that was made before.
    result<std::shared_ptr<credentials_provider>> open(const decision& d);

    std::shared_ptr<credentials_provider> assume(endpoint sts, std::shared_ptr<credentials_provider> base,
                                                 sts::assume_role_request request);

    // Whoever waits for a fetch gets errc::cancelled, now and from now on.
    void cancel();
    // cancel(), and waits for the end of what was being fetched; before http::client::close().
    task<void> close();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::aws
