// JSON (RFC 8259) in, by a scanner before RapidJSON's SAX reader, and out. A document is one flat tape, so
// reading, walking and destroying it never recurses however deep the text is; numbers keep their text, so
// what passes through Trainyard untouched comes out as it went in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.hpp"

namespace trainyard::json {

struct limits {
    std::size_t bytes = 2U << 20U;   // the largest body a server accepts: 10 SQS messages and their framing
    std::size_t depth = 64;          // SageMaker's own requests reach 8
    std::size_t members = 10'000;    // object members in the whole document
    std::size_t string = 1U << 20U;  // an SQS message body
};

enum class kind : unsigned char { null, boolean, number, string, array, object };
std::string_view to_string(kind k);

class document;

// A place in a document; valid while the document lives (moving the document keeps it valid). A
// default-constructed value, and the answer of find() or at() for what is not there, is "missing": exists()
// is false, kind() is null.
class value {
public:
    value() = default;

    bool exists() const { return tape_ != nullptr; }
    json::kind kind() const;
    bool is_null() const { return kind() == kind::null; }  // null or missing; AWS treats both as absent
    bool is_object() const { return kind() == kind::object; }
    bool is_array() const { return kind() == kind::array; }
    bool is_string() const { return kind() == kind::string; }

    std::optional<std::string_view> string() const;
    std::optional<bool> boolean() const;
    // The number when it is integral and fits; "1.0" and "1e3" count as integral.
    std::optional<std::int64_t> integer() const;
    std::optional<double> number() const;
    std::string_view number_text() const;  // as it stood in the text; empty unless a number

    std::size_t size() const;                // members or elements; 0 for scalars
    value find(std::string_view key) const;  // object member by exact key
    value at(std::size_t index) const;       // array element, O(index)

    class iterator;
    struct range;
    struct node;  // json_tape.hpp
    struct tape;
    range elements() const;  // array elements, empty for everything else
    range members() const;   // object members (iterator::key()), empty for everything else

    friend bool operator==(value, value) = default;  // same place, not same content

private:
    friend class document;
    friend class iterator;
    value(const tape* t, std::uint32_t i) : tape_(t), index_(i) {}
    const tape* tape_ = nullptr;
    std::uint32_t index_ = 0;
};

class value::iterator {
public:
    std::string_view key() const;  // of an object member; empty in an array
    value operator*() const;
    iterator& operator++();
    friend bool operator==(const iterator&, const iterator&) = default;

private:
    friend class value;
    iterator(const tape* t, std::uint32_t i, bool keyed) : tape_(t), index_(i), keyed_(keyed) {}
    const tape* tape_;
    std::uint32_t index_;
    bool keyed_;
};

struct value::range {
    iterator first, last;
    iterator begin() const { return first; }
    iterator end() const { return last; }
};

class document {
public:
    document();
    document(document&&) noexcept;
    document& operator=(document&&) noexcept;
    ~document();

    // Fails on anything RFC 8259 does not allow, invalid UTF-8 and lone surrogates, NUL, bytes after the
    // value, duplicate keys, numbers above the largest double (errc::invalid_argument), and on each limit
    // (errc::limit). The message says where (byte offset) and why.
    static result<document> parse(std::string_view text, const limits& l = {});

    value root() const;

private:
    friend class value;
    std::unique_ptr<value::tape> tape_;
};

// Writes one JSON text. Calls must nest rightly; a wrong order is a programmer error and aborts.
class writer {
public:
    writer();
    ~writer();
    writer(writer&&) noexcept;
    writer& operator=(writer&&) noexcept;

    writer& begin_object();
    writer& end_object();
    writer& begin_array();
    writer& end_array();
    writer& key(std::string_view k);
    writer& string(std::string_view s);  // must be UTF-8; invalid bytes become U+FFFD
    writer& integer(std::int64_t v);
    writer& number(double v);                    // finite; shortest form that reads back the same
    writer& number_text(std::string_view text);  // verbatim; the caller vouches that it is a JSON number
    writer& boolean(bool v);
    writer& null();
    writer& copy(value v);  // a whole subtree of a document

    // key + value in one call
    writer& member(std::string_view k, std::string_view s) { return key(k).string(s); }
    writer& member(std::string_view k, const char* s) { return key(k).string(s); }
    writer& member(std::string_view k, std::int64_t v) { return key(k).integer(v); }
    writer& member(std::string_view k, int v) { return key(k).integer(v); }
    writer& member(std::string_view k, std::size_t v) { return key(k).integer(static_cast<std::int64_t>(v)); }
    writer& member(std::string_view k, double v) { return key(k).number(v); }
    writer& member(std::string_view k, bool v) { return key(k).boolean(v); }
    writer& member(std::string_view k, value v) { return key(k).copy(v); }

    const std::string& text() const;  // complete once every object and array is closed
    std::string take();

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

// The subtree as compact JSON text.
std::string to_text(value v);

// The same content: equal kinds, strings, number texts, element order, and members in any order. Takes time
// quadratic in the members of an object: for comparisons in tests, not for input of strangers.
bool same_content(value a, value b);

// Escapes a name for use in an RFC 6901 pointer.
std::string pointer_token(std::string_view name);

}  // namespace trainyard::json
