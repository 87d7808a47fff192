#include "tests/support/object_store.hpp"

#include <boost/asio/post.hpp>
#include <future>
#include <vector>

#include "engine/base/encoding.hpp"
#include "engine/io/real_clock.hpp"
#include "engine/io/task_group.hpp"
#include "sigv4/verify.hpp"

namespace trainyard::test {

namespace {

http::response refuse(int status, const std::string& code) {
    http::response out;
    out.status = status;
    out.fields.set("content-type", "application/xml");
    out.body = "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code><Message>no</Message></Error>";
    return out;
}

task<void> shut(http::server& s, std::promise<void>& done) {
    const mono_time now = io::real_clock().mono();
    co_await s.shutdown(now);
    done.set_value();
}

}  // namespace

object_store::object_store(std::string key_id, std::string secret_key)
    : key_id_(std::move(key_id)), secret_(std::move(secret_key)) {
    server_ = std::make_unique<http::server>(thread_.context(), http::server_options{},
                                             [this](http::request r) { return answer(std::move(r)); });
    std::promise<std::uint16_t> listening;
    boost::asio::post(thread_.context(),
                      [&] { listening.set_value(server_->listen("127.0.0.1", 0).value()); });
    port_ = listening.get_future().get();
}

object_store::~object_store() {
    std::promise<void> done;
    io::task_group group{thread_.context()};
    group.spawn([&] { return shut(*server_, done); });
    done.get_future().wait();
    thread_.join();
}

void object_store::put(const std::string& path, std::string bytes) {
    const std::lock_guard lock{guard_};
    objects_[path] = std::move(bytes);
}

std::string object_store::get(const std::string& path) const {
    const std::lock_guard lock{guard_};
    const auto found = objects_.find(path);
    return found == objects_.end() ? "" : found->second;
}

void object_store::fail_next(int times) {
    const std::lock_guard lock{guard_};
    failing_ = times;
}

bool object_store::is_signed(const http::request& r) const {
    std::vector<sigv4::header_view> headers;
    for (const auto f : r.fields) headers.push_back({f.name, f.value});
    const sigv4::request_view view{r.method, r.path(), r.query(), headers, r.body};
    sigv4::expectation expected;
    expected.service = "s3";
    expected.now = io::real_clock().wall();
    expected.path = {.normalize = false, .encode_twice = false};
    const sigv4::key_record record{secret{secret_}, {}, {}};
    sigv4::verifier v;
    const bool content = r.fields.has("x-amz-content-sha256");
    return content &&
           v.verify(view, expected, [&](std::string_view id) { return id == key_id_ ? &record : nullptr; });
}

http::response object_store::serve(const http::request& r) {
    if (failing_ > 0) return --failing_, refuse(503, "SlowDown");
    if (!is_signed(r)) return refuse(403, "SignatureDoesNotMatch");
    const auto path = percent_decode(r.path());
    if (!path) return refuse(400, "InvalidURI");
    if (r.method == "PUT") {
        objects_[*path] = r.body;
        return {};
    }
    const auto found = objects_.find(*path);
    if (found == objects_.end()) return refuse(404, "NoSuchKey");
    http::response out;
    out.body = found->second;
    if (const auto range = r.fields.get("range"); range.starts_with("bytes=0-")) {
        out.status = 206;
        out.body.resize(std::min<std::size_t>(out.body.size(), std::stoul(std::string{range.substr(8)}) + 1));
    }
    return out;
}

task<http::response> object_store::answer(http::request r) {
    const std::lock_guard lock{guard_};
    co_return serve(r);
}

}  // namespace trainyard::test
