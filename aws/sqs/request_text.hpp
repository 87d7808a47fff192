// Bodies of the calls that a consumer makes all the time, written into memory that is used again. They say
// the same as codec.hpp's. Pure.
#pragma once

#include <string>
#include <string_view>

#include "aws/sqs/types.hpp"

namespace trainyard::aws::sqs {

// `wanted_attributes` is a JSON array of names of system attributes.
void write_receive(std::string& out, std::string_view queue_url, const receive_options& o,
                   std::string_view wanted_attributes);

// A batch: begin_batch(), each entry with its number in the batch, end_batch().
void begin_batch(std::string& out, std::string_view queue_url);
void add_delete(std::string& out, std::size_t entry, std::string_view receipt_handle);
void add_visibility(std::string& out, std::size_t entry, std::string_view receipt_handle,
                    int timeout_seconds);
void end_batch(std::string& out);

}  // namespace trainyard::aws::sqs
