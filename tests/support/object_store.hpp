// As much of S3 as messages with their body elsewhere need: GetObject with a range, PutObject, path style,
// with signatures verified. On a thread of its own.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "engine/http/server.hpp"
#include "engine/io/runtime.hpp"

namespace trainyard::test {

class object_store {
public:
    // Requests must be signed with this pair.
    object_store(std::string key_id, std::string secret_key);
    ~object_store();
    object_store(const object_store&) = delete;
    object_store& operator=(const object_store&) = delete;

    std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    // `path` is /bucket/key, not encoded.
    void put(const std::string& path, std::string bytes);
    std::string get(const std::string& path) const;
    void fail_next(int times);  // so many requests are answered with 503

private:
    task<http::response> answer(http::request r);
    http::response serve(const http::request& r);
    bool is_signed(const http::request& r) const;

    std::string key_id_, secret_;
    mutable std::mutex guard_;
    std::map<std::string, std::string> objects_;
    int failing_ = 0;
    std::uint16_t port_ = 0;
    io::io_thread thread_{"objects"};
    std::unique_ptr<http::server> server_;
};

}  // namespace trainyard::test
