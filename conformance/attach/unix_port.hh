// SPDX-License-Identifier: Apache-2.0
/// unix: in wall time: a port that carries one link or both.
#pragma once

#include "attach/unix_socket.hh"
#include "attach/wall.hh"

namespace conform {

class UnixPort : public WallPort {
  public:
    /// `only` is the one link that this socket carries; absent: both.
    UnixPort(UnixSocket socket, std::optional<Link> only)
        : socket_(std::move(socket)), only_(only) {}

    int descriptor() const override { return socket_.descriptor(); }
    bool carries(Link link) const override { return !only_ || *only_ == link; }
    void send(Link link, ByteView frame) override {
        socket_.send(encode_frame_message(link, frame));
    }
    std::optional<LinkFrame> receive() override;

  private:
    UnixSocket socket_;
    std::optional<Link> only_;
};

}  // namespace conform
