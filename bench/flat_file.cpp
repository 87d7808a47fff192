#include "bench/flat_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace trainyard::bench {
namespace {

using lifecycle::job;
using lifecycle::job_facts;
using lifecycle::record;

error failed(const std::string& what) {
    return {errc::io, what + ": " + std::strerror(errno)};
}

struct encoder {
    std::string& out;
    void integer(std::int64_t v) { out.append(reinterpret_cast<const char*>(&v), sizeof v); }
    void text(std::string_view v) {
        const auto n = static_cast<std::uint32_t>(v.size());
        out.append(reinterpret_cast<const char*>(&n), sizeof n);
        out.append(v);
    }
};

struct decoder {
    const char* at;
    std::int64_t integer() {
        std::int64_t v = 0;
        std::memcpy(&v, std::exchange(at, at + sizeof v), sizeof v);
        return v;
    }
    std::string text() {
        std::uint32_t n = 0;
        std::memcpy(&n, std::exchange(at, at + sizeof n), sizeof n);
        return {std::exchange(at, at + n), n};
    }
};

void encode_facts(const job_facts& f, encoder& e) {
    for (const auto* s : {&f.queue, &f.message_id, &f.dedup_key, &f.tenant, &f.kind, &f.name,
                          &f.priority_class, &f.spec_hash})
        e.text(*s);
    e.integer(f.priority);
    e.integer(f.max_attempts);
    e.integer(f.preemptible ? 1 : 0);
    e.integer(static_cast<std::int64_t>(f.pools.size()));
    for (const auto& p : f.pools) e.text(p);
    e.integer(static_cast<std::int64_t>(f.demand.size()));
    for (const auto& d : f.demand) {
        e.text(d.resource);
        e.integer(d.instances);
    }
    e.integer(f.max_runtime_seconds);
    e.integer(to_unix_millis(f.accepted));
}

job_facts decode_facts(decoder& d) {
    job_facts f;
    for (auto* s : {&f.queue, &f.message_id, &f.dedup_key, &f.tenant, &f.kind, &f.name, &f.priority_class,
                    &f.spec_hash})
        *s = d.text();
    f.priority = static_cast<int>(d.integer());
    f.max_attempts = static_cast<int>(d.integer());
    f.preemptible = d.integer() != 0;
    for (std::int64_t n = d.integer(); n > 0; --n) f.pools.push_back(d.text());
    for (std::int64_t n = d.integer(); n > 0; --n) {
        std::string resource = d.text();
        f.demand.push_back({std::move(resource), d.integer()});
    }
    f.max_runtime_seconds = d.integer();
    f.accepted = from_unix_millis(d.integer());
    return f;
}

}  // namespace

void encode(const record& r, std::string& out) {
    encoder e{out};
    e.integer(static_cast<std::int64_t>(r.id));
    e.integer(static_cast<std::int64_t>(r.to));
    e.integer(r.attempt);
    e.text(r.pool);
    e.text(r.sagemaker_name);
    e.text(r.reason);
    e.integer(r.not_before ? to_unix_millis(*r.not_before) : 0);
    e.integer(to_unix_millis(r.when));
    if (!r.accepted) return;
    encode_facts(*r.accepted, e);
    e.text(r.body);
}

std::size_t encoded_size(const record& r) {
    std::string out;
    encode(r, out);
    return out.size();
}

result<flat_file> flat_file::create(const std::string& path) {
    const int fd = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) return failed(path);
    return flat_file{fd};
}

flat_file::~flat_file() {
    if (fd_ >= 0) ::close(fd_);
}

result<void> flat_file::append(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd_, bytes.data(), bytes.size());
        if (n < 0) return failed("write");
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    if (::fdatasync(fd_) != 0) return failed("fdatasync");
    return {};
}

result<std::vector<job>> read_jobs(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return failed(path);
    std::string bytes(static_cast<std::size_t>(::lseek(fd, 0, SEEK_END)), '\0');
    std::size_t got = 0;
    for (ssize_t n = 1; got < bytes.size() && n > 0; got += static_cast<std::size_t>(n)) {
        n = ::pread(fd, bytes.data() + got, bytes.size() - got, static_cast<off_t>(got));
        if (n < 0) n = 0;
    }
    ::close(fd);
    if (got < bytes.size()) return failed(path);
    std::vector<job> jobs;
    for (decoder d{bytes.data()}; d.at < bytes.data() + bytes.size();) {
        job j;
        const std::int64_t id = d.integer();
        j.state = static_cast<lifecycle::state>(d.integer());
        j.attempt = static_cast<int>(d.integer());
        j.pool = d.text();
        j.sagemaker_name = d.text();
        j.reason = d.text();
        if (const std::int64_t t = d.integer(); t != 0) j.not_before = from_unix_millis(t);
        j.updated = from_unix_millis(d.integer());
        j.facts = decode_facts(d);
        j.facts.id = static_cast<lifecycle::job_id>(id);
        (void)d.text();
        jobs.push_back(std::move(j));
    }
    return jobs;
}

}  // namespace trainyard::bench
