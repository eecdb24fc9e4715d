// SPDX-License-Identifier: Apache-2.0
// libFuzzer's hook: its own mutation, then the target's repair.
#include "fuzz_target.hh"

// NOLINTBEGIN(readability-identifier-naming): libFuzzer's names
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
    shunt::Rng rng(seed);
    const std::size_t mutated = LLVMFuzzerMutate(data, size, max_size);
    // One in eight goes as it is: what nobody mends must be refused, not survived by luck.
    if (rng.chance({1, 8})) return mutated;
    return shunt::fuzz::repair_input({data, max_size}, mutated, rng);
}
// NOLINTEND(readability-identifier-naming)
