// glibc's allocator behind functions that count. It is the same heap, so free() stays as it is. A replaced
// malloc is seen by every library of the program, which a replaced operator new is not (Asio's frames,
// OpenSSL).
#include "bench/allocations.hpp"

#include <cerrno>
#include <cstddef>

extern "C" {
void* __libc_malloc(std::size_t) noexcept;
void* __libc_calloc(std::size_t, std::size_t) noexcept;
void* __libc_realloc(void*, std::size_t) noexcept;
void* __libc_memalign(std::size_t, std::size_t) noexcept;
}

namespace {

thread_local std::uint64_t count = 0;

}  // namespace

namespace trainyard::bench {

std::uint64_t allocations_of_thread() {
    return count;
}

}  // namespace trainyard::bench

extern "C" {

void* malloc(std::size_t size) noexcept {
    ++count;
    return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) noexcept {
    ++count;
    return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t size) noexcept {
    ++count;
    return __libc_realloc(p, size);
}
void* memalign(std::size_t alignment, std::size_t size) noexcept {
    ++count;
    return __libc_memalign(alignment, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    ++count;
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) noexcept {
    ++count;
    void* const p = __libc_memalign(alignment, size);
    if (p == nullptr) return ENOMEM;
    *out = p;
    return 0;
}
}
