// What answer_scan tells, sorted by the level of the answer that it belongs to. Private to the readers of
// this folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "aws/sqs/answer_scan.hpp"
#include "engine/base/result.hpp"

namespace trainyard::aws::sqs {

// Where the reader stands in an answer, told by levels: whoever knows a level handles it, what nobody knows
// is passed over with all that is in it.
template <class Derived>
class sax_levels {
public:
    bool on_key(std::string_view name) {
        if (skipped_ == 0) me().key(name);
        return true;
    }
    bool on_text(std::string_view value) { return skipped_ > 0 || me().text(value); }
    bool on_number() { return skipped_ > 0 || me().other(); }
    bool on_truth(bool b) { return skipped_ > 0 || me().truth(b); }
    bool on_null() { return skipped_ > 0 || me().null(); }
    bool on_start(bool array) {
        // As the other decoders have it: SQS's own answers reach 6.
        if (++depth_ > answer_scan<Derived>::depth_max) return refuse("nested too deeply");
        if (skipped_ > 0 || !me().enter(array)) return why_.empty() && ++skipped_ > 0;
        return true;
    }
    bool on_end() {
        --depth_;
        if (skipped_ > 0) {
            --skipped_;
            return true;
        }
        return me().leave();
    }

    const std::string& why() const { return why_; }

protected:
    bool refuse(std::string why) {
        why_ = std::move(why);
        return false;
    }

private:
    Derived& me() { return static_cast<Derived&>(*this); }

    std::size_t depth_ = 0, skipped_ = 0;
    std::string why_;
};

// Decodes in place, so what the handler is given are views into `text`. errc::corrupt says what is wrong.
template <class Handler>
result<void> parse_in_place(std::string& text, Handler& handler) {
    if (text.empty()) return {};  // an operation without output
    answer_scan<Handler> scan{text, handler};
    if (scan.run()) return {};
    if (scan.why() == nullptr) return error{errc::corrupt, handler.why()};
    return error{errc::corrupt,
                 std::string{"not JSON: "} + scan.why() + " (byte " + std::to_string(scan.where()) + ")"};
}

}  // namespace trainyard::aws::sqs
