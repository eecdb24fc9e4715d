// SPDX-License-Identifier: Apache-2.0
#include "shunt/node/live_memory_fixture.hh"

#include <cstdlib>
#include <new>

namespace {

std::size_t live = 0;

// In front of each block: its size, in as many bytes as keep the block aligned.
constexpr std::size_t kHead = alignof(std::max_align_t);
static_assert(sizeof(std::size_t) <= kHead);

}  // namespace

// Replaces the program's own: every other test runs with it too.
void* operator new(std::size_t size) {
    auto* const block = static_cast<unsigned char*>(std::malloc(kHead + size));
    if (block == nullptr) throw std::bad_alloc();
    *reinterpret_cast<std::size_t*>(block) = size;
    live += size;
    return block + kHead;
}

// The library's own would call the one above; a sanitizer's do not.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    try {
        return operator new(size);
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

void* operator new[](std::size_t size) {
    return operator new(size);
}

void operator delete(void* memory) noexcept {
    if (memory == nullptr) return;
    auto* const block = static_cast<unsigned char*>(memory) - kHead;
    live -= *reinterpret_cast<std::size_t*>(block);
    std::free(block);
}

void operator delete(void* memory, std::size_t) noexcept {
    operator delete(memory);
}

void operator delete[](void* memory) noexcept {
    operator delete(memory);
}

void operator delete[](void* memory, std::size_t) noexcept {
    operator delete(memory);
}

namespace shunt::node {

std::size_t live_memory() {
    return live;
}

}  // namespace shunt::node
