// SPDX-License-Identifier: Apache-2.0
/// A packet's bytes with those marked that a finding is about.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/finding.hh"
#include "pdu/capture.hh"

namespace conform {

/// The field of `captured` that `finding` speaks of: what it says itself, or what its words name
/// ("sequence 1001"). Absent where it is about the whole packet.
std::optional<ByteRange> offending_bytes(const Finding& finding, const CapturedFrame& captured);

/// A run of bytes that are marked or not.
struct HexRun {
    std::string text;
    bool is_marked = false;
};

/// One row of 16 bytes: offset, hex in runs, printable ASCII.
struct HexRow {
    std::string offset;
    std::vector<HexRun> hex;
    std::string ascii;
};

/// Rows of the first bytes and of the marked ones; others are left out, and a row says how many.
std::vector<HexRow> hex_rows(ByteView bytes, const std::vector<ByteRange>& marked);

/// The same as text: "> 0010  00 34[12 34]..", marks in brackets.
std::string hex_text(const std::vector<HexRow>& rows);

}  // namespace conform
