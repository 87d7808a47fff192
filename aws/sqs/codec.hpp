// SQS bodies in AWS JSON 1.0, in and out. Pure; every decoder's error is a sentence about what is wrong with
// the answer.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "aws/sqs/types.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::sqs {

using string_map = std::map<std::string, std::string>;

std::string encode_create_queue(std::string_view name, const string_map& attributes);
std::string encode_get_queue_url(std::string_view name, std::string_view owner_account);
std::string encode_get_queue_attributes(std::string_view queue_url, const std::vector<std::string>& names);
std::string encode_list_queues(std::string_view prefix, std::string_view next_token);
std::string encode_queue_only(std::string_view queue_url);
std::string encode_send(std::string_view queue_url, const send_entry& e);
std::string encode_send_batch(std::string_view queue_url, const std::vector<send_entry>& entries);
std::string encode_receive(std::string_view queue_url, const receive_options& o);
std::string encode_delete_batch(std::string_view queue_url, const std::vector<delete_entry>& entries);
std::string encode_visibility_batch(std::string_view queue_url, const std::vector<visibility_entry>& entries);

struct queue_page {
    std::vector<std::string> urls;
    std::string next_token;
};

result<std::string> decode_queue_url(std::string_view body);
result<string_map> decode_attributes(std::string_view body);
result<queue_page> decode_list_queues(std::string_view body);
// The digests must be those of what was sent; errc::corrupt when not.
result<sent> decode_send(std::string_view body, const send_entry& e);
result<batch_result<sent>> decode_send_batch(std::string_view body, const std::vector<send_entry>& entries);
result<std::vector<message>> decode_receive(std::string_view body);
result<batch_result<std::string>> decode_batch(std::string_view body, const std::vector<std::string>& ids);

// The MD5 that SQS computes over message attributes; empty for no attributes.
std::string attributes_md5(const attribute_map& attributes);

}  // namespace trainyard::aws::sqs
