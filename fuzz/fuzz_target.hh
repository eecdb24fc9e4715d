// SPDX-License-Identifier: Apache-2.0
// What a fuzz target gives to the drivers: the property, the repair of mutated inputs, the seeds.
// Each target defines all three once; libFuzzer, AFL++ and the replay call them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/rng.hh"

/// Checks every property of the target on one input and aborts where one does not hold. Keeps
/// nothing from input to input, so that each can be replayed alone. Returns 0.
// NOLINTNEXTLINE(readability-identifier-naming)
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace shunt::fuzz {

/// Mends what the first checks of the code under test would refuse: lengths, checksums, known
/// addresses; each with some probability, so that the refusals are tested too. The input is the
/// first `size` bytes of `room`, in place. Returns its new size.
std::size_t repair_input(MutableBytes room, std::size_t size, Rng& rng);

/// An input that is worth beginning with; the name says what it is and becomes the file's name.
struct Seed {
    std::string name;
    std::vector<std::uint8_t> bytes;
};

/// The seed corpus, always the same.
std::vector<Seed> seeds();

}  // namespace shunt::fuzz
