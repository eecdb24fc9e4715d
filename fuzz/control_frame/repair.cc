// SPDX-License-Identifier: Apache-2.0
// Makes frames of the stream: lengths that reach to the next frame, the version, kinds of the page;
// and often a hello in front, without which nothing else is looked at.
#include <algorithm>
#include <array>

#include "fuzz_target.hh"
#include "shunt/wire/control_frame.hh"

namespace shunt::fuzz {
namespace {

constexpr std::size_t kHelloBodySize = 17;
constexpr std::array<std::uint8_t, 25> kKinds = {
    0x01, 0x02, 0x03, 0x04, 0x0F, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x20,
    0x21, 0x22, 0x23, 0x30, 0x31, 0x40, 0x41, 0x42, 0x43, 0x44, 0x77, 0x00};

/// Server 1, any boot number, no name: the body that is there gets what makes it right.
void repair_hello(MutableBytes body) {
    store_u32(body, 0, 1);
    store_u8(body, 16, static_cast<std::uint8_t>(body.size() - kHelloBodySize));
}

void repair_state(MutableBytes body, Rng& rng) {
    constexpr std::size_t fixed = 30;
    constexpr std::size_t row = 10;
    if (body.size() < fixed) return;
    store_u32(body, 0, 1);
    const std::size_t rows = rng.below((body.size() - fixed) / row + 1);
    store_u16(body, 26, static_cast<std::uint16_t>(rows));
    store_u16(body, 28 + rows * row,
              static_cast<std::uint16_t>((body.size() - fixed - rows * row) / 14));
}

/// One frame of `size` bytes at the front of `stream`.
void repair_frame(MutableBytes stream, std::size_t size, bool greets, Rng& rng) {
    store_u32(stream, 0, static_cast<std::uint32_t>(size - wire::kControlLengthSize));
    stream[4] = wire::kControlVersion;
    const bool picks = rng.chance({7, 8});
    const std::size_t kind = rng.below(kKinds.size());
    if (greets) {
        stream[5] = 0x01;
    } else if (picks) {
        stream[5] = kKinds[kind];
    }
    stream[6] = 0;
    const bool has_trailer = rng.chance({1, 16});
    stream[7] = has_trailer ? 1 : 0;
    const MutableBytes body =
        stream.subspan(wire::kControlHeaderSize, size - wire::kControlHeaderSize);
    if (stream[5] == 0x01 && body.size() >= kHelloBodySize && body.size() <= kHelloBodySize + 255) {
        repair_hello(body);
    } else if (stream[5] == 0x30) {
        repair_state(body, rng);
    }
}

}  // namespace

std::size_t repair_input(MutableBytes room, std::size_t size, Rng& rng) {
    if (size < 2) return size;
    MutableBytes rest = room.subspan(1, size - 1);
    bool greets = rng.chance({7, 8});
    while (rest.size() >= wire::kControlHeaderSize) {
        const std::size_t least = wire::kControlHeaderSize + (greets ? kHelloBodySize : 0);
        if (rest.size() < least) break;
        const bool is_short = greets || rng.chance({3, 4});
        const std::size_t most = std::min<std::size_t>(rest.size() - least, is_short ? 80 : 60'000);
        const std::size_t frame = least + rng.below(most + 1);
        repair_frame(rest, frame, greets, rng);
        rest = rest.subspan(frame);
        greets = false;
        if (rng.chance({1, 16})) break;  // the rest as it is
    }
    return size;
}

}  // namespace shunt::fuzz
