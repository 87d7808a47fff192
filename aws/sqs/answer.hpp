// Answers of ReceiveMessage and of batch calls, read in place: strings are decoded where they stand, members
// that nobody needs are passed over, and memory is used again. The plain way, with a value of its own for
// each message, is codec.hpp. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aws/sqs/message_view.hpp"
#include "aws/sqs/types.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::sqs {

class received_answer {
public:
    // Takes the text and reads it. Digests are checked. errc::corrupt says what is wrong with the answer;
    // then it holds no messages.
    result<void> read(std::string text);
    std::span<const message_view> messages() const { return messages_; }
    std::size_t bytes() const { return text_.size(); }
    // Forgets the messages and gives the memory of the text, for the next one.
    std::string clear();

private:
    friend class received_answer_reader;
    struct attribute_range {
        std::size_t begin = 0, end = 0;
    };

    std::string text_;
    std::vector<message_view> messages_;
    std::vector<attribute_view> attributes_;
    std::vector<attribute_range> ranges_;  // of each message
    std::string digested_;                 // what an attribute digest is made of
};

// What became of one entry of a batch. Views into the answer.
struct entry_outcome {
    bool done = false;
    bool sender_fault = false;
    std::string_view code, message;                // of a failure
    std::string_view message_id, sequence_number;  // of a sent message
    std::string_view body_md5, attributes_md5;     // of a sent message
};

// Entries whose ids are "0" to "9". An entry that the answer does not mention has failed with code "Missing";
// a failure beats a success of the same id, because repeating is safe and believing is not.
class batch_answer {
public:
    // Reads `text` in place. `entries`: how many were asked for. errc::corrupt says what is wrong.
    result<void> read(std::string& text, std::size_t entries);
    const entry_outcome& operator[](std::size_t entry) const { return outcomes_.at(entry); }

private:
    friend class batch_answer_reader;
    std::array<entry_outcome, batch_entries_max> outcomes_;
};

std::string_view entry_id(std::size_t entry);  // "0" to "9"

}  // namespace trainyard::aws::sqs
