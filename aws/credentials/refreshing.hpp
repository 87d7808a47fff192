// The driver of refresh_machine, for every source whose credentials expire: what differs is how one set is
// fetched.
#pragma once

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>

#include "aws/credentials/provider.hpp"
#include "aws/credentials/refresh.hpp"
#include "engine/io/task_group.hpp"

namespace trainyard::aws {

// One set of credentials, by `deadline` (absolute, of the source and not of any caller).
using fetch_function = std::function<task<result<sigv4::credentials>>(mono_time deadline)>;

struct refreshing_options {
    refresh_options refresh;
    duration fetch_max = std::chrono::seconds{30};  // one fetch, with its retries
};

// Each fetch is a coroutine of `fetches`, so no caller's deadline or cancellation ends what others wait for;
// a caller that gives up leaves alone. A set that is still good is handed out at once while the next one is
// fetched beside it. `io`, `time` and `fetches` outlive the provider; fetches.cancel() is shutdown: from then
// on whoever needs a fetch gets errc::cancelled. `seed` spreads the early refreshes of providers that started
// together.
std::shared_ptr<credentials_provider> make_refreshing_provider(boost::asio::io_context& io, const clock& time,
                                                               io::task_group& fetches, fetch_function fetch,
                                                               std::string description, std::uint64_t seed,
                                                               refreshing_options options = {});

}  // namespace trainyard::aws
