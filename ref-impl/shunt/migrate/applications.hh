// SPDX-License-Identifier: Apache-2.0
// Who makes the application's end of a connection that was in use on another server (EP-42).
#pragma once

#include <cstdint>
#include <memory>

#include "shunt/base/bytes.hh"
#include "shunt/stack/conversation.hh"

namespace shunt::migrate {

class Applications {
  public:
    virtual ~Applications() = default;
    /// For what listens on that port here; `context` is what the one before it has left, or empty.
    /// Nothing: no application here can go on from that.
    virtual std::unique_ptr<stack::Conversation> resume(std::uint16_t port, ByteView context) = 0;
};

}  // namespace shunt::migrate
