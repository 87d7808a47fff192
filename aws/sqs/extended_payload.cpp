#include "aws/sqs/extended_payload.hpp"

#include <charconv>

#include "engine/base/json.hpp"

namespace trainyard::aws::sqs {

namespace {

constexpr std::string_view pointer_class = "software.amazon.payloadoffloading.PayloadS3Pointer";
constexpr std::string_view legacy_class = "com.amazon.sqs.javamessaging.MessageS3Pointer";
constexpr std::string_view size_attribute = "ExtendedPayloadSize";
constexpr std::string_view legacy_attribute = "SQSLargePayloadSize";

error corrupt(std::string why) {
    return {errc::corrupt, "the message says that its body is in S3, but " + std::move(why)};
}

result<payload_pointer> read_pointer(std::string_view body, std::string_view size) {
    payload_pointer out;
    const auto end = size.data() + size.size();
    if (size.empty() || std::from_chars(size.data(), end, out.size).ptr != end)
        return corrupt("its size is no number");
    const auto parsed = json::document::parse(body);
    if (!parsed) return corrupt("its text is no pointer: " + parsed.error().message);
    const json::value root = parsed->root();
    const auto name = root.at(0).string();
    if (!root.is_array() || root.size() != 2 || !name || (*name != pointer_class && *name != legacy_class))
        return corrupt("its text is no pointer of Amazon's extended client");
    const auto bucket = root.at(1).find("s3BucketName").string();
    const auto key = root.at(1).find("s3Key").string();
    if (!bucket || !key || bucket->empty() || key->empty())
        return corrupt("its pointer has no bucket or no key");
    out.bucket = *bucket;
    out.key = *key;
    return out;
}

}  // namespace

std::optional<result<payload_pointer>> read_payload_pointer(const message_view& m) {
    for (const attribute_view& a : m.attributes)
        if (a.name == size_attribute || a.name == legacy_attribute) return read_pointer(m.body, a.value);
    return std::nullopt;
}

send_entry make_payload_message(const payload_pointer& at) {
    json::writer w;
    w.begin_array().string(pointer_class).begin_object();
    w.member("s3BucketName", at.bucket).member("s3Key", at.key).end_object().end_array();
    send_entry out;
    out.body = w.take();
    out.attributes[std::string{size_attribute}] = {"Number", std::to_string(at.size)};
    return out;
}

}  // namespace trainyard::aws::sqs
