// SPDX-License-Identifier: Apache-2.0
// Bytes that do not change and can be had at any time: who keeps a reference needs no copy.
#pragma once

#include <cstdint>
#include <memory>

#include "shunt/base/bytes.hh"

namespace shunt {

class ByteSource {
  public:
    ByteSource() = default;
    ByteSource(const ByteSource&) = delete;
    ByteSource& operator=(const ByteSource&) = delete;
    virtual ~ByteSource() = default;

    /// Fills `into` with the bytes from `offset` on. It never fails, and gives the same bytes
    /// whenever it is asked: what cannot promise that (a file, which others write to) is copied.
    virtual void read(std::uint64_t offset, MutableBytes into) const = 0;
};

/// A stretch of a source, which lives as long as somebody refers to it.
struct SourceRange {
    std::shared_ptr<const ByteSource> source;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

}  // namespace shunt
