// Values as JSON and back: how what is kept over restarts is written down. A struct says once which members
// are kept, for both directions:
//   template <class Fields> void fields(Fields& f, point& p) { f("x", p.x); f("y", p.y); }
// in the namespace of the struct. Numbers, texts, times, durations, enumerations, optionals, vectors, deques,
// sets, maps and pairs of such are known already.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/base/json.hpp"
#include "engine/base/rng.hpp"
#include "engine/base/time.hpp"
#include "engine/base/units.hpp"

namespace trainyard::aws::local::kept {

// Documents are the program's own, written within the limits of requests; one may have got longer.
inline json::limits read_limits() {
    json::limits out;
    out.bytes *= 4;
    out.string *= 4;
    out.members *= 100;
    return out;
}

template <class T>
struct value_of;

template <class T>
void write(json::writer& out, const T& v) {
    value_of<T>::write(out, v);
}
// False, and `to` is anything, for JSON that write() did not write.
template <class T>
bool read(json::value v, T& to) {
    return value_of<T>::read(v, to);
}

class writing_fields {
public:
    explicit writing_fields(json::writer& out) : out_(out) {}
    template <class T>
    void operator()(std::string_view name, const T& v) {
        out_.key(name);
        write(out_, v);
    }

private:
    json::writer& out_;
};

class reading_fields {
public:
    explicit reading_fields(json::value in) : in_(in) {}
    template <class T>
    void operator()(std::string_view name, T& to) {
        const json::value v = in_.find(name);
        good_ = good_ && v.exists() && read(v, to);
    }
    bool good() const { return good_; }

private:
    json::value in_;
    bool good_ = true;
};

// A struct that has fields().
template <class T>
struct value_of {
    static void write(json::writer& out, const T& v) {
        out.begin_object();
        writing_fields f{out};
        fields(f, const_cast<T&>(v));  // one function for both directions; this one only looks
        out.end_object();
    }
    static bool read(json::value v, T& to) {
        if (!v.is_object()) return false;
        reading_fields f{v};
        fields(f, to);
        return f.good();
    }
};

template <>
struct value_of<std::string> {
    static void write(json::writer& out, const std::string& v) { out.string(v); }
    static bool read(json::value v, std::string& to) {
        const auto text = v.string();
        if (text) to = *text;
        return text.has_value();
    }
};

template <>
struct value_of<bool> {
    static void write(json::writer& out, bool v) { out.boolean(v); }
    static bool read(json::value v, bool& to) {
        const auto b = v.boolean();
        to = b.value_or(false);
        return b.has_value();
    }
};

template <>
struct value_of<double> {
    static void write(json::writer& out, double v) { out.number(v); }
    static bool read(json::value v, double& to) {
        const auto n = v.number();
        to = n.value_or(0);
        return n.has_value();
    }
};

// Unsigned ones of 64 bits go through the signed type and come back the same.
template <std::integral T>
struct value_of<T> {
    static void write(json::writer& out, T v) { out.integer(static_cast<std::int64_t>(v)); }
    static bool read(json::value v, T& to) {
        const auto n = v.integer();
        to = static_cast<T>(n.value_or(0));
        return n.has_value() && static_cast<std::int64_t>(to) == *n;
    }
};

template <class T>
    requires std::is_enum_v<T>
struct value_of<T> {
    static void write(json::writer& out, T v) { out.integer(static_cast<std::int64_t>(v)); }
    static bool read(json::value v, T& to) {
        std::underlying_type_t<T> n{};
        if (!kept::read(v, n)) return false;
        to = static_cast<T>(n);
        return true;
    }
};

template <class Rep, class Period>
struct value_of<std::chrono::duration<Rep, Period>> {
    using type = std::chrono::duration<Rep, Period>;
    static void write(json::writer& out, type v) { out.integer(v.count()); }
    static bool read(json::value v, type& to) {
        const auto n = v.integer();
        to = type{n.value_or(0)};
        return n.has_value();
    }
};

template <>
struct value_of<wall_time> {
    static void write(json::writer& out, wall_time v) { kept::write(out, v.time_since_epoch()); }
    static bool read(json::value v, wall_time& to) {
        wall_time::duration d{};
        if (!kept::read(v, d)) return false;
        to = wall_time{d};
        return true;
    }
};

template <class Tag>
struct value_of<name<Tag>> {
    static void write(json::writer& out, const name<Tag>& v) { out.string(v.str()); }
    static bool read(json::value v, name<Tag>& to) {
        const auto text = v.string();
        if (text) to = name<Tag>{*text};
        return text.has_value();
    }
};

template <>
struct value_of<rng> {
    static void write(json::writer& out, const rng& v) { kept::write(out, v.state()); }
    static bool read(json::value v, rng& to) {
        rng::state_type s;
        if (!kept::read(v, s)) return false;
        to = rng::of_state(s);
        return true;
    }
};

template <class T>
struct value_of<std::optional<T>> {
    static void write(json::writer& out, const std::optional<T>& v) {
        if (v)
            kept::write(out, *v);
        else
            out.null();
    }
    static bool read(json::value v, std::optional<T>& to) {
        to.reset();
        return v.is_null() || kept::read(v, to.emplace());
    }
};

template <class A, class B>
struct value_of<std::pair<A, B>> {
    static void write(json::writer& out, const std::pair<A, B>& v) {
        out.begin_array();
        kept::write(out, v.first);
        kept::write(out, v.second);
        out.end_array();
    }
    static bool read(json::value v, std::pair<A, B>& to) {
        return v.size() == 2 && kept::read(v.at(0), to.first) && kept::read(v.at(1), to.second);
    }
};

// Vectors, deques, sets: what holds values one after the other.
template <class T>
concept list = requires(T& c, typename T::value_type v) {
    c.clear();
    c.insert(c.end(), std::move(v));
} && !requires { typename T::mapped_type; } && !std::same_as<T, std::string>;

template <list T>
struct value_of<T> {
    static void write(json::writer& out, const T& all) {
        out.begin_array();
        for (const typename T::value_type& v : all) kept::write(out, v);
        out.end_array();
    }
    static bool read(json::value v, T& to) {
        to.clear();
        for (const json::value each : v.elements()) {
            typename T::value_type one{};
            if (!kept::read(each, one)) return false;
            to.insert(to.end(), std::move(one));
        }
        return v.is_array();
    }
};

// Maps, as lists of pairs: keys need not be texts.
template <class T>
    requires requires { typename T::mapped_type; }
struct value_of<T> {
    static void write(json::writer& out, const T& all) {
        out.begin_array();
        for (const auto& [key, v] : all) {
            out.begin_array();
            kept::write(out, key);
            kept::write(out, v);
            out.end_array();
        }
        out.end_array();
    }
    static bool read(json::value v, T& to) {
        to.clear();
        for (const json::value each : v.elements()) {
            typename T::key_type key{};
            typename T::mapped_type mapped{};
            if (each.size() != 2 || !kept::read(each.at(0), key) || !kept::read(each.at(1), mapped))
                return false;
            to.emplace(std::move(key), std::move(mapped));
        }
        return v.is_array();
    }
};

template <class T>
std::string text_of(const T& v) {
    json::writer out;
    write(out, v);
    return out.take();
}

}  // namespace trainyard::aws::local::kept
