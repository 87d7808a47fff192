// URLs and other small encodings (engine/http/message.hpp, engine/base/encoding.hpp).
#include "engine/base/encoding.hpp"
#include "engine/http/message.hpp"
#include "targets.hpp"

namespace trainyard::fuzz {
namespace {

void check_encodings(std::string_view input) {
    require(from_hex(to_hex({reinterpret_cast<const unsigned char*>(input.data()), input.size()})) == input,
            "hex comes back");
    require(from_base64(to_base64(input)) == input, "base64 comes back");
    if (const auto bytes = from_base64(input))
        require(to_base64(*bytes) == input, "base64 has one spelling for each text");
    require(percent_decode(percent_encode(input)) == input, "percent-encoding comes back");
    if (const auto text = percent_decode(input))
        require(percent_decode(percent_encode(*text)) == *text, "and so does what was decoded");
    const std::string shown = printable(input, 100);
    require(is_one_line(shown) && shown.size() <= 4 * 100 + 3, "printable text is bounded and one line");
}

}  // namespace

void run_url(std::string_view input) {
    check_encodings(input);
    const auto got = http::parse_url(input);
    if (!got) {
        require(got.error().code == errc::invalid_argument, "a refusal is of the text");
        require(is_one_line(got.error().message), "a message is one line");
        // Whatever stands before an '@' may be a password; "...@" stands for it.
        const auto at = input.rfind('@');
        if (at != std::string_view::npos && at >= 4 && !input.substr(0, at).ends_with("..."))
            require(got.error().message.find(input.substr(0, at + 1)) == std::string::npos,
                    "user info is not repeated");
        return;
    }
    require(!got->origin.host.empty() && got->origin.port != 0, "there is a host and a port");
    for (const char c : got->origin.host)
        require(c > ' ' && c <= '~' && !(c >= 'A' && c <= 'Z') && c != '@' && c != '/' && c != '\\',
                "a host is lower case and has nothing of other parts");
    require(got->path.starts_with('/') && got->path.find_first_of("?#") == std::string::npos,
            "a path begins with / and has no query");
    const auto again = http::parse_url(got->origin.to_string() + got->path);
    require(again.has_value() && again->origin == got->origin && again->path == got->path,
            "to_string() is the same place");
    const auto host = http::parse_url((got->origin.tls ? "https://" : "http://") + got->origin.authority());
    require(host.has_value() && host->origin == got->origin, "and so is the Host header");
}

}  // namespace trainyard::fuzz
