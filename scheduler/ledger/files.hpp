// Files beside the ledger: whole, synced, and readable by their owner alone. Internal to this folder.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace trainyard::ledger {

// Closes with the object.
class file {
public:
    // `flags` as of open(2); O_CLOEXEC is added, a new file has mode 0600. Errors name the path.
    static result<file> open(const std::string& path, int flags);
    file(file&& other) noexcept;
    file& operator=(file&&) = delete;
    ~file();

    result<std::size_t> size() const;
    result<void> truncate(std::size_t to) const;
    result<void> write(std::string_view bytes) const;      // all of them
    result<void> overwrite(std::string_view bytes) const;  // the first bytes of the file, at once
    // At most `size`; 0 at the end.
    result<std::size_t> read(char* to, std::size_t size) const;
    result<void> sync() const;

private:
    file(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
    error failed(std::string_view doing) const;
    int fd_;
    std::string path_;
};

// Makes what was created, renamed or removed beside `path` durable.
result<void> sync_directory_of(const std::string& path);
result<void> rename_file(const std::string& from, const std::string& to);

}  // namespace trainyard::ledger
