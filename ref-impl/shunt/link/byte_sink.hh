// SPDX-License-Identifier: Apache-2.0
// Where a capture goes: a file in the runtime, memory in tests and in the simulator.
#pragma once

#include "shunt/base/bytes.hh"

namespace shunt::link {

class ByteSink {
  public:
    ByteSink() = default;
    ByteSink(const ByteSink&) = delete;
    ByteSink& operator=(const ByteSink&) = delete;
    virtual ~ByteSink() = default;

    /// Takes all the bytes. A sink that fails keeps the reason and swallows what follows: a full
    /// disk does not stop a node.
    virtual void write(ByteView bytes) = 0;
};

}  // namespace shunt::link
