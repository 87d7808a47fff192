#include "aws/sqs/answer.hpp"
#include "aws/sqs/sax_levels.hpp"

namespace trainyard::aws::sqs {

class batch_answer_reader : public sax_levels<batch_answer_reader> {
public:
    batch_answer_reader(batch_answer& out, std::size_t entries) : out_(out), entries_(entries) {}

    bool enter(bool array) {
        switch (level_) {
            case level::none:
                if (array) return refuse("not a JSON object");
                level_ = level::root;
                return true;
            case level::root:
                if (list_ == list::unknown) return false;
                if (!array) return refuse("Successful or Failed is no array");
                level_ = level::entries;
                return true;
            case level::entries:
                if (array) return refuse("an entry that is no object");
                level_ = level::entry;
                e_ = {};
                id_ = {};
                return true;
            default: return false;
        }
    }
    bool leave() {
        switch (level_) {
            case level::root: level_ = level::none; break;
            case level::entries: level_ = level::root; break;
            case level::entry:
                level_ = level::entries;
                end_entry();
                break;
            default: break;
        }
        return true;
    }
    void key(std::string_view name) {
        into_ = nullptr;
        is_fault_ = false;
        if (level_ == level::root)
            list_ = name == "Successful" ? list::successful : name == "Failed" ? list::failed : list::unknown;
        else if (level_ == level::entry)
            choose(name);
    }
    bool text(std::string_view value) {
        if (level_ == level::none) return refuse("not a JSON object");
        if (into_ != nullptr) *into_ = value;
        return true;
    }
    bool truth(bool b) {
        if (is_fault_) e_.sender_fault = b;
        return true;
    }
    bool other() { return level_ != level::none || refuse("not a JSON object"); }
    bool null() { return level_ != level::none || refuse("not a JSON object"); }

private:
    enum class level : unsigned char { none, root, entries, entry };
    enum class list : unsigned char { unknown, successful, failed };

    void choose(std::string_view name) {
        if (name == "Id")
            into_ = &id_;
        else if (name == "Code")
            into_ = &e_.code;
        else if (name == "Message")
            into_ = &e_.message;
        else if (name == "MessageId")
            into_ = &e_.message_id;
        else if (name == "SequenceNumber")
            into_ = &e_.sequence_number;
        else if (name == "MD5OfMessageBody")
            into_ = &e_.body_md5;
        else if (name == "MD5OfMessageAttributes")
            into_ = &e_.attributes_md5;
        is_fault_ = name == "SenderFault";
    }
    void end_entry() {
        if (id_.size() != 1 || id_[0] < '0') return;  // no entry of ours
        const auto number = static_cast<std::size_t>(id_[0] - '0');
        if (number >= entries_) return;
        const bool failed_before = (failed_ >> number & 1U) != 0;
        if (failed_before) return;
        if (list_ == list::failed) failed_ |= 1U << number;
        e_.done = list_ == list::successful;
        out_.outcomes_[number] = e_;
    }

    batch_answer& out_;
    std::size_t entries_;
    level level_ = level::none;
    list list_ = list::unknown;
    entry_outcome e_;
    std::string_view id_;
    std::string_view* into_ = nullptr;
    bool is_fault_ = false;
    unsigned failed_ = 0;  // bit n: entry n
};

result<void> batch_answer::read(std::string& text, std::size_t entries) {
    entry_outcome missing;
    missing.code = "Missing";
    missing.message = "the answer does not mention this entry";
    outcomes_.fill(missing);
    batch_answer_reader reader{*this, entries};
    return parse_in_place(text, reader);
}

std::string_view entry_id(std::size_t entry) {
    constexpr std::string_view digits = "0123456789";
    return digits.substr(entry, 1);
}

}  // namespace trainyard::aws::sqs
