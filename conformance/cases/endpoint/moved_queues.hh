// SPDX-License-Identifier: Apache-2.0
/// A connection that moves to the device in use: its 0x01 announces queues. The block is changed
/// before it is sent.
#pragma once

#include <map>

#include "cases/endpoint/image.hh"
#include "cases/endpoint/moved_in.hh"

namespace conform::endpoint {

struct InUse {
    explicit InUse(Stage& stage) : connection(stage) {}

    ControlBlock& block() { return connection.information().block; }
    Client& client() { return connection.client(); }
    Peer& peer() { return connection.peer(); }
    Image image() { return {connection.information(), pieces}; }

    /// Bytes of the server's that were never sent.
    void put_unsent(const Bytes& text) {
        pieces[endpoint_queue::kSend][0] = text;
        block().snd_queue = static_cast<std::uint32_t>(text.size());
    }
    /// A request of the client's that the application has not read.
    void put_unread(const Bytes& text) {
        pieces[endpoint_queue::kReceive][0] = text;
        block().rcv_queue = static_cast<std::uint32_t>(text.size());
        block().rcv_nxt += static_cast<std::uint32_t>(text.size());
        block().rcv_adv += static_cast<std::uint32_t>(text.size());
        block().last_ack_sent = block().rcv_up = block().rcv_nxt;
        client().skip_sent(text.size());
    }
    /// Text behind a gap.
    void put_out_of_order(std::uint32_t offset, const Bytes& text) {
        pieces[endpoint_queue::kOutOfOrder][offset] = text;
        ++block().ooo_ranges;
        block().ooo_bytes += static_cast<std::uint32_t>(text.size());
    }

    MovedIn connection;
    std::map<std::uint8_t, std::map<std::uint32_t, Bytes>> pieces;
};

}  // namespace conform::endpoint
