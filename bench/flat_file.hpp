// A file of length-prefixed rows, appended and synced: the least that durable memory costs, and the least
// that reading it back costs. It recovers nothing and finds nothing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.hpp"
#include "scheduler/lifecycle/job.hpp"

namespace trainyard::bench {

// Every field of the record and nothing else: integers of eight bytes, text behind its length.
void encode(const lifecycle::record& r, std::string& out);
// Bytes of the record as encode() writes it.
std::size_t encoded_size(const lifecycle::record& r);

class flat_file {
public:
    // Made anew.
    static result<flat_file> create(const std::string& path);
    flat_file(flat_file&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    ~flat_file();
    // One write() and one fdatasync().
    result<void> append(std::string_view bytes);

private:
    explicit flat_file(int fd) : fd_(fd) {}
    int fd_;
};

// The jobs of accepting records, in the order of the file.
result<std::vector<lifecycle::job>> read_jobs(const std::string& path);

}  // namespace trainyard::bench
