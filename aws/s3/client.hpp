// Objects of S3 as typed calls: as much of S3 as messages with their body elsewhere need.
#pragma once

#include <memory>
#include <string>

#include "aws/transport/transport.hpp"

namespace trainyard::aws::s3 {

// One client per (endpoint, identity); cheap to make.
class client {
public:
    client(transport& t, endpoint where, std::shared_ptr<credentials_provider> who);

    // The object, when it has at most `bytes_max`; a larger one is failure::invalid_request, and no more than
    // that many bytes of it are transferred. `bucket` and `key` as they are, not encoded.
    task<api_result<std::string>> get_object(std::string bucket, std::string key, std::size_t bytes_max,
                                             mono_time deadline);
    task<api_result<void>> put_object(std::string bucket, std::string key, std::string bytes,
                                      mono_time deadline);

private:
    transport* transport_;
    endpoint where_;
    std::shared_ptr<credentials_provider> who_;
};

// Where a bucket is: a host of its own, or the first part of the path at custom endpoints and for names with
// dots, which no certificate covers. Pure; `target` is percent-encoded once.
struct object_address {
    endpoint at;
    std::string target;
};
// errc::invalid_argument: no name that S3 allows, or a key of more than 1,024 bytes.
result<object_address> address_of(const endpoint& where, std::string_view bucket, std::string_view key);

}  // namespace trainyard::aws::s3
