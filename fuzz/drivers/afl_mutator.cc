// SPDX-License-Identifier: Apache-2.0
// AFL++'s hook, a shared object named in AFL_CUSTOM_MUTATOR_LIBRARY: AFL++ mutates as ever, and
// before each execution the target's repair has its turn.
#include <algorithm>
#include <memory>
#include <vector>

#include "fuzz_target.hh"

namespace {

struct Mutator {
    explicit Mutator(unsigned int seed) : rng(seed) {}

    shunt::Rng rng;
    std::vector<std::uint8_t> room;
};

}  // namespace

// NOLINTBEGIN(readability-identifier-naming): AFL++'s names
extern "C" void* afl_custom_init(void* /*afl*/, unsigned int seed) {
    return std::make_unique<Mutator>(seed).release();
}

extern "C" void afl_custom_deinit(void* data) {
    const std::unique_ptr<Mutator> dies(static_cast<Mutator*>(data));
}

/// One repair per call, as one more stage beside AFL++'s own mutations; every other time bytes of
/// another input of the queue are laid over first.
extern "C" std::size_t afl_custom_fuzz(void* data, std::uint8_t* bytes, std::size_t size,
                                       std::uint8_t** out, std::uint8_t* other,
                                       std::size_t other_size, std::size_t max_size) {
    Mutator& mutator = *static_cast<Mutator*>(data);
    mutator.room.assign(std::max(max_size, size), 0);
    std::copy(bytes, bytes + size, mutator.room.begin());
    if (other != nullptr && size > 0 && mutator.rng.chance({1, 2})) {
        const std::size_t at = mutator.rng.below(size);
        const std::size_t count = std::min(other_size, mutator.room.size() - at);
        std::copy(other, other + count, mutator.room.begin() + static_cast<std::ptrdiff_t>(at));
        size = std::max(size, at + count);
    }
    const std::size_t flips = 1 + mutator.rng.below(8);
    for (std::size_t i = 0; i < flips && size > 0; ++i) {
        const std::size_t at = mutator.rng.below(size);
        mutator.room[at] = static_cast<std::uint8_t>(mutator.rng.next_u32());
    }
    size = shunt::fuzz::repair_input({mutator.room.data(), max_size}, std::min(size, max_size),
                                     mutator.rng);
    *out = mutator.room.data();
    return size;
}
// NOLINTEND(readability-identifier-naming)
