// SPDX-License-Identifier: Apache-2.0
// Where the HTTP application gets named objects from; how they are stored is not its business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "shunt/base/bytes.hh"

namespace shunt::node {

class Contents {
  public:
    virtual ~Contents() = default;
    /// Size in bytes of the object at `path` (decoded, begins with '/'); nothing if there is none.
    virtual std::optional<std::uint64_t> size_of(std::string_view path) = 0;
    /// Tells objects of one path and size apart, at one time and another, here and at other
    /// servers: what has the same version is the same, byte for byte.
    virtual std::uint64_t version_of(std::string_view path) = 0;
    /// Fills `into` with the object's bytes from `offset` on. Returns how many were read: fewer
    /// than asked means that the object ended or became unreadable.
    virtual std::size_t read(std::string_view path, std::uint64_t offset, MutableBytes into) = 0;
};

/// Has no object.
class NoContents final : public Contents {
  public:
    std::optional<std::uint64_t> size_of(std::string_view) override { return std::nullopt; }
    std::uint64_t version_of(std::string_view) override { return 0; }
    std::size_t read(std::string_view, std::uint64_t, MutableBytes) override { return 0; }
};

}  // namespace shunt::node
