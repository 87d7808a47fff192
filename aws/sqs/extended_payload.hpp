// Messages whose body is in S3, as Amazon's extended client libraries write them: the body is
//   ["software.amazon.payloadoffloading.PayloadS3Pointer", {"s3BucketName": "...", "s3Key": "..."}]
// (com.amazon.sqs.javamessaging.MessageS3Pointer before version 2), and the message attribute
// ExtendedPayloadSize (SQSLargePayloadSize) has the size in bytes. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "aws/sqs/message_view.hpp"
#include "aws/sqs/types.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::sqs {

struct payload_pointer {
    std::string bucket, key;
    std::uint64_t size = 0;  // as the sender says
};

// Nothing: the body is in the message, also when it looks like a pointer and the attribute is missing. A
// message that has the attribute and no well-formed pointer is an error, errc::corrupt.
std::optional<result<payload_pointer>> read_payload_pointer(const message_view& m);

// The message that stands for a body that was put there.
send_entry make_payload_message(const payload_pointer& at);

}  // namespace trainyard::aws::sqs
