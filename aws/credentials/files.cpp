#include "aws/credentials/files.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "engine/base/encoding.hpp"

namespace trainyard::aws {

namespace {

class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

error cannot(const char* what, const std::string& path, int code) {
    const bool absent = code == ENOENT || code == ENOTDIR;
    return {absent ? errc::not_found : errc::io,
            std::string{"cannot "} + what + " " + path + ": " + std::strerror(code)};
}

struct file_text {
    std::string text;
    mode_t mode = 0;
};

result<file_text> read_file(const std::string& path, std::size_t bytes_max) {
    // Never blocks on a FIFO that somebody put there.
    const descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)};
    if (file.get() < 0) return cannot("open", path, errno);
    struct stat facts{};
    if (::fstat(file.get(), &facts) != 0) return cannot("look at", path, errno);
    if (!S_ISREG(facts.st_mode)) return error{errc::io, path + " is no regular file"};
    file_text out{{}, facts.st_mode};
    std::array<char, 4096> block{};
    for (;;) {
        const auto got = ::read(file.get(), block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return cannot("read", path, errno);
        if (got == 0) return out;
        if (out.text.size() + static_cast<std::size_t>(got) > bytes_max)
            return error{errc::limit, path + " is larger than " + std::to_string(bytes_max) + " bytes"};
        out.text.append(block.data(), static_cast<std::size_t>(got));
    }
}

profile_file read_profile_file(const environment& env, const char* variable, const char* otherwise) {
    profile_file out;
    const auto set = env.get(variable);
    const auto home = env.get("HOME");
    out.path = set.empty() ? otherwise : set;
    if (out.path.rfind("~/", 0) == 0) {
        // Without a home there is nothing below it.
        if (home.empty()) return out;
        out.path = home + out.path.substr(1);
    }
    auto got = read_file(out.path, ini_bytes_max);
    if (!got) {
        if (got.error().code != errc::not_found) out.content = got.error();
        return out;
    }
    out.writable_by_others = (got->mode & (S_IWGRP | S_IWOTH)) != 0;
    out.content = parse_ini(got->text);
    return out;
}

}  // namespace

chain_input read_chain_input(const environment& env, std::string profile) {
    chain_input out;
    out.env = &env;
    out.credentials = read_profile_file(env, "AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials");
    out.config = read_profile_file(env, "AWS_CONFIG_FILE", "~/.aws/config");
    out.profile = std::move(profile);
    return out;
}

result<secret> read_secret_file(const std::string& path, std::size_t bytes_max) {
    auto got = read_file(path, bytes_max);
    if (!got) return got.error();
    return secret{std::move(got->text)};
}

std::string sso_cache_file(const sso_source& from, const environment& env) {
    const auto& key = from.session.empty() ? from.start_url : from.session;
    // SHA-1 names the file, as every AWS tool does; it guards nothing.
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(key.data(), key.size(), digest.data(), &size, EVP_sha1(), nullptr);
    return env.get("HOME") + "/.aws/sso/cache/" + to_hex({digest.data(), size}) + ".json";
}

}  // namespace trainyard::aws
