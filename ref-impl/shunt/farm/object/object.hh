// SPDX-License-Identifier: Apache-2.0
// What an object is to its node: bytes in, bytes out, and a way to make one (OBJ-3).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/result.hh"

namespace shunt::farm {

using ObjectBytes = std::vector<std::uint8_t>;

/// An object of a class that is code of this program.
class Object {
  public:
    Object() = default;
    Object(const Object&) = delete;
    Object& operator=(const Object&) = delete;
    virtual ~Object() = default;

    /// The result, wire::kObjectBytesMax bytes at most; or a sentence that says why there is none.
    /// It takes part of the node's time: what is long is a process' matter.
    virtual Result<ObjectBytes, std::string> call(ByteView bytes) = 0;
};

/// Makes an object, or says why these arguments make none. It outlives what it makes.
using ObjectFactory = std::function<Result<std::unique_ptr<Object>, std::string>(ByteView)>;

/// A process of this machine that has code of classes; chosen by whoever speaks with it, never 0.
using ProcessId = std::uint64_t;

}  // namespace shunt::farm
