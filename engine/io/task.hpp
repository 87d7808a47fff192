// The coroutine type of the whole program. A `task` starts when awaited or spawned, and runs on one
// io_context.
#pragma once

#include <boost/asio/awaitable.hpp>

namespace trainyard {

template <class T>
using task = boost::asio::awaitable<T>;

}  // namespace trainyard
