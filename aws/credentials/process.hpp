// Runs a credential_process. Driver; never blocks the thread.
#pragma once

#include <boost/asio/io_context.hpp>
#include <string>
#include <vector>

#include "aws/credentials/plan.hpp"
#include "engine/io/task.hpp"

namespace trainyard::aws {

inline constexpr duration process_time_max = std::chrono::seconds{60};

// The program gets no shell, no standard input, no open files, a process group of its own, and only those of
// our variables that such programs need (paths, locale, proxies, AWS settings): never keys or tokens. Its
// standard error is discarded, it may hold secrets. The whole group is killed when the program ends, at
// `deadline`, on cancellation, and past answer_bytes_max of output. Errors: errc::invalid_argument (cannot be
// started), errc::io (failed), errc::timeout, errc::limit, errc::corrupt (its output is no set of keys),
// errc::cancelled. None quotes the output.
task<result<sigv4::credentials>> fetch_from_process(boost::asio::io_context& io, const environment& env,
                                                    process_source what, mono_time deadline);

}  // namespace trainyard::aws
