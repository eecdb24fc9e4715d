// SPDX-License-Identifier: Apache-2.0
/// unix: in virtual time: the judge owns the device's clock, so that a run is deterministic and
/// waiting costs nothing.
#pragma once

#include "attach/unix_socket.hh"

namespace conform {

class UnixVirtual : public Attachment {
  public:
    explicit UnixVirtual(UnixSocket socket) : socket_(std::move(socket)) {}

    Time now() const override { return now_; }
    void send(Link link, ByteView frame) override;
    std::vector<LinkFrame> progress(Time until) override;

  private:
    /// Sets the device's clock and returns what it sends until it is quiet.
    std::vector<LinkFrame> advance(Time to);

    UnixSocket socket_;
    Time now_{0};
    Time device_deadline_ = kNever;
    bool has_unanswered_ = true;  // after hello the device has not named its deadline yet
    int stale_deadlines_ = 0;
};

}  // namespace conform
