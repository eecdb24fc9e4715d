// SPDX-License-Identifier: Apache-2.0
/// A network namespace of this process's own with one tap in it: a kernel TCP that remembers
/// nothing of what was before, behind a link that this process is the other end of.
#pragma once

#include <optional>
#include <string>

#include "attach/descriptor.hh"
#include "engine/bytes.hh"
#include "script/addresses.hh"

namespace conform {

class KernelNetwork {
  public:
    /// Enters the new namespace, which is this process's from now on, and sets the tap up: address
    /// and MAC of the device, a neighbour entry for the tester, no IPv6. Throws UsageError without
    /// the privilege.
    KernelNetwork();

    /// Readable when the kernel has sent a frame.
    int descriptor() const { return tap_.number(); }
    /// The kernel has processed the frame when this returns: what it answers at once waits in the
    /// tap.
    void send(ByteView frame);
    /// The next frame that the kernel has sent, if there is one.
    std::optional<Bytes> receive();

    /// A file under /proc/sys/net/ipv4 of the namespace. Throws AttachmentError.
    static void set(const std::string& name, const std::string& value);

  private:
    Descriptor tap_;
};

}  // namespace conform
