// SPDX-License-Identifier: Apache-2.0
// FRM-4 to FRM-6 read a second time, from the tables of docs/protocol/endpoint.md and without the
// code under test: what is wrong with a frame up to Protocol, and how long it is.
#pragma once

#include <cstddef>
#include <optional>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/wire/encapsulation.hh"

namespace shunt::fuzz {

struct FrameVerdict {
    bool is_good = false;
    /// What a bad frame is counted as. Nothing: the length of this frame depends on a Protocol that
    /// is none, so length, checksum and Protocol are all right.
    std::optional<Counter> counter;
    /// Of a good frame: header and payload, without padding (FRM-5).
    std::size_t size = 0;
};

/// `bytes` start at the encapsulation header.
FrameVerdict judge_frame(ByteView bytes, wire::ProtocolSet set);

}  // namespace shunt::fuzz
