// STS bodies in the AWS Query protocol (form in, XML out). Pure. Error texts never quote the answer: it holds
// secrets.
#pragma once

#include <string>
#include <string_view>

#include "aws/sts/client.hpp"

namespace trainyard::aws::sts {

std::string encode_get_caller_identity();
// errc::invalid_argument when a member is outside what STS accepts.
result<std::string> encode_assume_role(const assume_role_request& r);
result<std::string> encode_assume_role_with_web_identity(const web_identity_request& r, const secret& token);

result<caller_identity> decode_get_caller_identity(std::string_view body);
result<sigv4::credentials> decode_assume_role(std::string_view body);
result<sigv4::credentials> decode_assume_role_with_web_identity(std::string_view body);

}  // namespace trainyard::aws::sts
