// An HTTP/1.1 message as the rest of the program sees it: plain data, no library types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::http {

// Views into the list that holds it: good until that list is changed or moved.
struct field {
    std::string_view name;
    std::string_view value;
};

// Header fields in wire order. Names compare without case, as RFC 9110 5.1 has it. All texts stand in one
// block, so a list costs two allocations however many fields it has.
class fields {
public:
    class iterator {
    public:
        using value_type = field;
        using difference_type = std::ptrdiff_t;
        iterator() = default;
        iterator(const fields* of, std::size_t at) : of_(of), at_(at) {}
        field operator*() const { return of_->at(at_); }
        iterator& operator++() {
            ++at_;
            return *this;
        }
        iterator operator++(int) {
            const iterator before = *this;
            ++at_;
            return before;
        }
        friend bool operator==(const iterator&, const iterator&) = default;

    private:
        const fields* of_ = nullptr;
        std::size_t at_ = 0;
    };

    fields() = default;
    fields(std::initializer_list<field> list);

    // Neither may be a view into this list.
    void add(std::string_view name, std::string_view value);  // keeps what is there
    void set(std::string_view name, std::string_view value);  // replaces every field of that name
    // The first value of that name; empty and present are told apart by has().
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const { return count(name) > 0; }
    std::size_t count(std::string_view name) const;

    void reserve(std::size_t fields_expected, std::size_t bytes_expected);
    void clear();  // keeps the memory

    iterator begin() const { return {this, 0}; }
    iterator end() const { return {this, list_.size()}; }
    std::size_t size() const { return list_.size(); }

private:
    // Offsets into text_, name first. A message is bounded far below 4 GiB.
    struct entry {
        std::uint32_t begin, name_size, value_size;
    };

    field at(std::size_t i) const;
    void append(std::string_view name, std::string_view value);

    std::string text_;
    std::vector<entry> list_;
};

bool same_name(std::string_view a, std::string_view b);  // ASCII case-insensitive

struct request {
    std::string method = "POST";
    std::string target = "/";  // origin form, exactly as on the wire: path[?query]
    http::fields fields;
    std::string body;

    std::string_view path() const;   // target up to '?'
    std::string_view query() const;  // after '?', or empty
};

struct response {
    int status = 200;
    http::fields fields;
    std::string body;
    // A server announces this many bytes more than the body has, sends what is there and closes the
    // connection, as a failing one does. A client leaves it 0.
    std::size_t withheld = 0;
};

// Where a connection goes. Connections are pooled by this.
struct origin {
    bool tls = true;
    std::string host;  // name or IP literal, IPv6 without brackets
    std::uint16_t port = 443;

    // host[:port] as the Host header (and SigV4) needs it: no default port, IPv6 in brackets, lower case.
    std::string authority() const;
    std::string to_string() const;  // https://host:port
    friend auto operator<=>(const origin&, const origin&) = default;
};

struct url {
    http::origin origin;
    std::string path;  // begins with '/', without query; "/" when the URL has none
};

// http:// or https:// only; refuses user info, fragments and control characters.
result<url> parse_url(std::string_view text);

}  // namespace trainyard::http
