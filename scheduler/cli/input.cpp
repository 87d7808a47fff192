#include "scheduler/cli/input.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <memory>

#include "scheduler/cli/support.hpp"

namespace trainyard::cli {

bool is_gzip(std::string_view bytes) {
    return bytes.starts_with("\x1f\x8b");
}

result<std::string> gunzip(std::string_view bytes, const std::string& name) {
    const auto bad = [&](std::string_view why) {
        return error{errc::invalid_argument, fmt::format("{} cannot be unpacked: {}", name, why)};
    };
    z_stream z{};
    constexpr int gzip_only = 16;
    if (inflateInit2(&z, MAX_WBITS + gzip_only) != Z_OK) return bad("no memory");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> closer{&z, inflateEnd};
    std::string out, block(std::size_t{1} << 18U, '\0');
    for (;;) {
        if (z.avail_in == 0) {
            const std::size_t part = std::min<std::size_t>(bytes.size(), std::size_t{1} << 30U);
            if (part == 0) return bad("it ends too early");
            z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
            z.avail_in = static_cast<uInt>(part);
            bytes.remove_prefix(part);
        }
        z.next_out = reinterpret_cast<Bytef*>(block.data());
        z.avail_out = static_cast<uInt>(block.size());
        const int code = inflate(&z, Z_NO_FLUSH);
        if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
            return bad(z.msg != nullptr ? z.msg : "it is damaged");
        out.append(block, 0, block.size() - z.avail_out);
        if (out.size() > unpacked_bytes_max)
            return error{errc::limit,
                         fmt::format("{} is larger than {} GiB unpacked", name, unpacked_bytes_max >> 30U)};
        if (code != Z_STREAM_END) continue;
        if (z.avail_in == 0 && bytes.empty()) return out;
        // Another member follows: such files come from `cat a.gz b.gz`.
        if (inflateReset(&z) != Z_OK) return bad("it is damaged");
    }
}

result<std::string> read_maybe_gzipped(const std::string& file) {
    auto text = read_text(file);
    if (!text || !is_gzip(*text)) return text;
    return gunzip(*text, file);
}

}  // namespace trainyard::cli
