#include "scheduler/ledger/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <utility>

namespace trainyard::ledger {
namespace {

error failed_at(const std::string& path, std::string_view doing) {
    return {errc::io, path + ": " + std::string(doing) + ": " + std::strerror(errno)};
}

}  // namespace

result<file> file::open(const std::string& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
    if (fd < 0) return failed_at(path, "opening");
    return file{fd, path};
}

file::file(file&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}

file::~file() {
    if (fd_ >= 0) ::close(fd_);
}

error file::failed(std::string_view doing) const {
    return failed_at(path_, doing);
}

result<std::size_t> file::size() const {
    struct stat s{};
    if (::fstat(fd_, &s) != 0) return failed("looking at its size");
    return static_cast<std::size_t>(s.st_size);
}

result<void> file::truncate(std::size_t to) const {
    if (::ftruncate(fd_, static_cast<off_t>(to)) != 0) return failed("truncating");
    return {};
}

result<void> file::write(std::string_view bytes) const {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return failed("writing");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

result<void> file::overwrite(std::string_view bytes) const {
    for (;;) {
        const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), 0);
        if (n == static_cast<ssize_t>(bytes.size())) return {};
        if (n >= 0) return error{errc::io, path_ + ": overwriting: cut short"};
        if (errno != EINTR) return failed("overwriting");
    }
}

result<std::size_t> file::read(char* to, std::size_t size) const {
    for (;;) {
        const ssize_t n = ::read(fd_, to, size);
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno != EINTR) return failed("reading");
    }
}

result<void> file::sync() const {
    if (::fsync(fd_) != 0) return failed("syncing");
    return {};
}

result<void> sync_directory_of(const std::string& path) {
    const std::string parent = std::filesystem::path(path).parent_path().string();
    auto directory = file::open(parent.empty() ? "." : parent, O_RDONLY | O_DIRECTORY);
    if (!directory) return directory.error();
    return directory->sync();
}

result<void> rename_file(const std::string& from, const std::string& to) {
    if (std::rename(from.c_str(), to.c_str()) != 0) return failed_at(from, "renaming to " + to);
    return {};
}

}  // namespace trainyard::ledger
