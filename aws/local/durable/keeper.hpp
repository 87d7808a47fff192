// Writes what the parts of a world changed: one transaction for all requests that ended in one turn of the
// event loop. An answer waits for it. Used from the context's thread only.
#pragma once

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "aws/local/base/durable.hpp"
#include "engine/io/task.hpp"

namespace trainyard::aws::local {

class keeper {
public:
    // `failed` is called once, when a write fails; nothing is written after it.
    keeper(boost::asio::io_context& io, std::function<void(const error&)> failed);
    ~keeper();  // nobody waits any more
    keeper(const keeper&) = delete;
    keeper& operator=(const keeper&) = delete;

    // Opens the file and gives the parts their documents back; they outlive the keeper or its serve().
    result<void> open(const std::string& path, std::vector<durable*> parts);
    // Other parts from now on, which begin empty: the documents of the old ones go in the next transaction.
    void serve(std::vector<durable*> parts);

    bool is_open() const;
    // What changed without a request, which would wait for it, is written in this turn, too.
    void look();
    // Until everything that changed so far is written. False when it could not be: memory is then ahead of
    // the file, and no answer may go out.
    task<bool> kept();
    // The same at once; before the end.
    bool keep_now();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace trainyard::aws::local
