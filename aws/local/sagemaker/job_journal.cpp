#include "aws/local/sagemaker/job_journal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/check.hpp"
#include "engine/base/json.hpp"

namespace trainyard::aws::local {
namespace {

json::writer begin(std::string_view op, const account_id& account, const region_name& region,
                   std::string_view name, wall_time when) {
    json::writer out;
    out.begin_object().member("op", op).member("account", account.str()).member("region", region.str());
    out.member("name", name).member("time", to_unix_seconds(when));
    return out;
}

}  // namespace

job_journal::~job_journal() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

result<void> job_journal::open(const std::string& file) {
    TY_CHECK(descriptor_ < 0, "a journal is opened once");
    descriptor_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor_ < 0)
        return error{errc::io, "journal " + file + " cannot be opened: " + std::strerror(errno)};
    file_ = file;
    return {};
}

result<void> job_journal::create(const account_id& account, const region_name& region, std::string_view name,
                                 wall_time when, const std::map<std::string, std::string>& tags) {
    if (descriptor_ < 0) return {};
    json::writer out = begin("create", account, region, name, when);
    out.key("tags").begin_object();
    for (const auto& [key, value] : tags) out.member(key, value);
    out.end_object().end_object();
    return append(out.take());
}

result<void> job_journal::stop(const account_id& account, const region_name& region, std::string_view name,
                               wall_time when) {
    if (descriptor_ < 0) return {};
    json::writer out = begin("stop", account, region, name, when);
    out.end_object();
    return append(out.take());
}

result<void> job_journal::append(std::string line) {
    line += '\n';
    ssize_t written = -1;
    do written = ::write(descriptor_, line.data(), line.size());
    while (written < 0 && errno == EINTR);
    if (written != static_cast<ssize_t>(line.size()))
        return error{errc::io, "journal " + file_ + " cannot be written: " +
                                   (written < 0 ? std::strerror(errno) : "the disk is full")};
    return {};
}

}  // namespace trainyard::aws::local
