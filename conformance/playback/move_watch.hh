// SPDX-License-Identifier: Apache-2.0
/// The device on both of its links while a move is played to it: heard until it has said what the
/// captured server had said.
#pragma once

#include "engine/task.hh"
#include "roles/stage.hh"

namespace conform {

class MoveWatch {
  public:
    MoveWatch(const MoveWatch&) = delete;
    MoveWatch& operator=(const MoveWatch&) = delete;
    virtual ~MoveWatch() = default;

  protected:
    MoveWatch(Stage& stage, Client& client, Peer& peer)
        : stage_(stage), client_(client), peer_(peer) {}

    virtual void hear_client(const ReceivedSegment& received) = 0;
    virtual void hear_peer(const ReceivedEncapsulation& received) = 0;
    virtual bool has_caught_up() const = 0;
    /// Nothing has come for a while, and something is awaited.
    virtual void on_pause() {}

    Task<> listen(Duration length);
    /// Until it has caught up, or has said nothing for as long as an answer may take.
    Task<> catch_up();

    Stage& stage_;
    Client& client_;
    Peer& peer_;

  private:
    /// What has come on either link, within a moment; false if nothing has.
    Task<bool> look();
};

}  // namespace conform
