#include "aws/s3/client.hpp"

#include <algorithm>

#include "engine/base/encoding.hpp"

namespace trainyard::aws::s3 {

namespace {

constexpr std::size_t key_bytes_max = 1'024;
constexpr std::size_t bucket_bytes_min = 3, bucket_bytes_max = 63;

bool is_bucket(std::string_view name) {
    if (name.size() < bucket_bytes_min || name.size() > bucket_bytes_max) return false;
    const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    return plain(name.front()) && plain(name.back()) && name.find("..") == std::string_view::npos &&
           std::all_of(name.begin(), name.end(), [&](char c) { return plain(c) || c == '-' || c == '.'; });
}

// Every segment by itself: '/' separates them.
std::string encode_key(std::string_view key) {
    std::string out;
    for (std::size_t at = 0; at <= key.size();) {
        const std::size_t end = std::min(key.find('/', at), key.size());
        if (at > 0) out += '/';
        out += percent_encode(key.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

api_error refuse(std::string operation, std::string why) {
    api_error e;
    e.kind = failure::invalid_request;
    e.service = "s3";
    e.operation = std::move(operation);
    e.message = std::move(why);
    return e;
}

call make(std::string operation, std::string method, object_address to, mono_time deadline) {
    call out;
    out.service = "s3";
    out.operation = std::move(operation);
    out.endpoint = std::move(to.at);
    out.method = std::move(method);
    out.target = std::move(to.target);
    out.deadline = deadline;
    return out;
}

}  // namespace

result<object_address> address_of(const endpoint& where, std::string_view bucket, std::string_view key) {
    if (!is_bucket(bucket))
        return error{errc::invalid_argument, "'" + printable(bucket, 80) + "' is no name of an S3 bucket"};
    if (key.empty() || key.size() > key_bytes_max)
        return error{errc::invalid_argument, "an S3 key has 1 to 1024 bytes"};
    object_address out{where, ""};
    std::string prefix = where.path;
    while (prefix.ends_with('/')) prefix.pop_back();
    if (where.custom || bucket.find('.') != std::string_view::npos)
        prefix.append("/").append(bucket);
    else
        out.at.origin.host = std::string{bucket} + "." + where.origin.host;
    out.target = prefix + "/" + encode_key(key);
    return out;
}

client::client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who)
    : transport_(&t), where_(std::move(where)), who_(std::move(who)) {}

task<api_result<std::string>> client::get_object(std::string bucket, std::string key, std::size_t bytes_max,
                                                 mono_time deadline) {
    auto to = address_of(where_, bucket, key);
    if (!to) co_return refuse("GetObject", to.error().message);
    call what = make("GetObject", "GET", std::move(*to), deadline);
    // One byte more tells that there is more.
    what.fields.set("range", "bytes=0-" + std::to_string(bytes_max));
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    if (answer->body.size() > bytes_max)
        co_return refuse("GetObject", "the object has more than " + std::to_string(bytes_max) + " bytes");
    co_return std::move(answer->body);
}

task<api_result<void>> client::put_object(std::string bucket, std::string key, std::string bytes,
                                          mono_time deadline) {
    auto to = address_of(where_, bucket, key);
    if (!to) co_return refuse("PutObject", to.error().message);
    call what = make("PutObject", "PUT", std::move(*to), deadline);
    what.body = std::move(bytes);
    auto answer = co_await transport_->send(std::move(what), who_);
    if (!answer) co_return answer.error();
    co_return api_result<void>{};
}

}  // namespace trainyard::aws::s3
