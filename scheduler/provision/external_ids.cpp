#include "scheduler/provision/external_ids.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"

namespace trainyard::provision {
namespace {

error failed(const std::string& what, const std::string& file) {
    return {errc::io, fmt::format("cannot {} {}: {}", what, file, std::strerror(errno))};
}

bool write_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const ssize_t n = ::write(fd, text.data(), text.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        text.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

}  // namespace

secret generate_external_id() {
    return secret{fmt::format("{:016x}{:016x}{:016x}", entropy_seed(), entropy_seed(), entropy_seed())};
}

std::string external_ids_file(const config::fleet& f) {
    return f.ledger_file + ".external-ids.json";
}

result<external_ids> read_external_ids(const std::string& file) {
    external_ids out;
    struct stat is{};
    if (::stat(file.c_str(), &is) != 0) {
        if (errno == ENOENT || errno == ENOTDIR) return out;
        return failed("look at", file);
    }
    if ((is.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return error{errc::permission,
                     fmt::format("{} holds secrets and others may use it: chmod 600 it", file)};
    std::ifstream in{file, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    if (!in) return failed("read", file);
    const auto parsed = json::document::parse(text.str());
    if (!parsed || !parsed->root().is_object())
        return error{errc::corrupt,
                     fmt::format("{} is no JSON object; remove it, and `trainyard provision apply` writes "
                                 "it anew from the roles",
                                 file)};
    const auto members = parsed->root().members();
    for (auto i = members.begin(); i != members.end(); ++i)
        if (const auto id = (*i).string()) out.emplace(i.key(), secret{std::string{*id}});
    return out;
}

result<void> write_external_ids(const std::string& file, const external_ids& ids) {
    json::writer w;
    w.begin_object();
    for (const auto& [arn, id] : ids) w.member(arn, id.reveal());
    const std::string text = w.end_object().take() + "\n", fresh = file + ".new";
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) return failed("write", fresh);
    const bool written = write_all(fd, text) && ::fsync(fd) == 0;
    const int reason = errno;
    ::close(fd);
    errno = reason;
    if (!written) return failed("write", fresh);
    if (std::rename(fresh.c_str(), file.c_str()) != 0) return failed("replace", file);
    std::string folder = std::filesystem::path{file}.parent_path().string();
    if (folder.empty()) folder = ".";
    const int at = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool kept = at >= 0 && ::fsync(at) == 0;
    if (at >= 0) ::close(at);
    if (!kept) return failed("keep", file);
    return {};
}

void fill_external_ids(config::fleet& f, const external_ids& ids) {
    for (config::pool& p : f.pools) {
        const auto found = ids.find(p.role);
        if (p.external_id.empty() && found != ids.end()) p.external_id = found->second;
    }
}

}  // namespace trainyard::provision
