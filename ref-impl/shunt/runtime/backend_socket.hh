// SPDX-License-Identifier: Apache-2.0
// A stream socket to a program of this machine, or within its reach, that serves a client's
// connection: it never blocks, and each end of it can end on its own.
#pragma once

#include <cstddef>
#include <cstdint>

#include "shunt/base/bytes.hh"
#include "shunt/farm/backend_address.hh"
#include "shunt/runtime/file_descriptor.hh"

namespace shunt::runtime {

class BackendSocket {
  public:
    enum class Progress : std::uint8_t {
        Connected,
        Pending,  // writable once it is decided; then finish_connecting()
        Busy,     // the backend's queue is full; nobody will say when it is not: try again later
        Refused,  // nobody is there, or this process has no descriptor left
    };

    struct Transfer {
        enum class End : std::uint8_t {
            None,      // `count` bytes went
            Blocked,   // not now
            Finished,  // reading: the backend sends no more; writing: it takes no more
            Broken,    // reset, or given up by the kernel
        };
        End end = End::None;
        std::size_t count = 0;
    };

    /// Without a descriptor: connect() has not got that far.
    bool is_open() const { return static_cast<bool>(socket_); }
    int descriptor() const { return socket_.number(); }

    /// Begins anew; after Busy and Refused there is no descriptor.
    Progress connect(const farm::BackendAddress& address);
    /// Connected or Refused.
    Progress finish_connecting();

    /// `into` has room.
    Transfer read(MutableBytes into);
    Transfer write(ByteView bytes);
    /// The backend reads the end of the stream behind what was written.
    void finish_writing();
    /// A backend that speaks TCP sees a reset, and loses what it has not read yet.
    void reset();

  private:
    FileDescriptor socket_;
};

}  // namespace shunt::runtime
