// SPDX-License-Identifier: Apache-2.0
// BL-5 read a second time, without the codec: what a blob is, or which of its rules it breaks.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"

namespace shunt::fuzz {

struct JudgedSection {
    unsigned kind = 0;
    unsigned flags = 0;
    ByteView content;
};

struct BlobVerdict {
    /// The counter of the refusal; nothing: the blob is taken.
    std::optional<Counter> refused;
    std::vector<JudgedSection> sections;

    /// Written as a writer of ours writes: kinds in order, none unknown, no flags, nothing that is
    /// there without content.
    bool is_in_normal_form() const;
};

BlobVerdict judge_blob(ByteView bytes);

/// CRC-32C by its definition, bit by bit.
std::uint32_t plain_crc32c(ByteView bytes);

}  // namespace shunt::fuzz
