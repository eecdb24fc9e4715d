// SPDX-License-Identifier: Apache-2.0
/// Bytes in order that name where they belong, followed from block to block: who reads them can
/// tell what is lost, repeated, out of order, corrupted, or another connection's, wherever it
/// begins to read.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "pdu/named_block.hh"

namespace conform {

/// What is wrong with a stream from one byte on.
struct StreamFault {
    std::size_t position = 0;  ///< in the bytes that were read
    std::string expected;
    std::string actual;
};

/// The streams that requests have named.
struct StreamOwners {
    /// By the connection whose bytes are read; none: any stream may be its own, but one alone.
    std::set<std::uint32_t> own{};
    /// By all connections, each with who has asked for it.
    std::map<std::uint32_t, std::string> all{};
};

/// Reads bytes in order: named content wherever it stands between heads of HTTP and chunk lengths.
/// Other content has no names, and nothing is found about it. At most `kStreamFaultsMax` faults.
constexpr std::size_t kStreamFaultsMax = 16;
std::vector<StreamFault> find_stream_faults(ByteView bytes, const StreamOwners& owners = {});

}  // namespace conform
