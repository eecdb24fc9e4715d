// SPDX-License-Identifier: Apache-2.0
/// Steps that cases of the tcp profile share: the device is any host that serves HTTP.
#pragma once

#include "roles/stage.hh"

namespace conform::tcp {

/// What the client asks for, whole: one segment of any connection.
Bytes local_request(const Stage& stage);

/// The next segment with text, taken as far as it is in order; throws Violation of `requirement`.
Task<ReceivedSegment> expect_text(Stage& stage, Client& client, const char* requirement);

/// The response to what was asked, acknowledged segment by segment; throws Violation of
/// `requirement` where it is not whole or has not status 200. True if a FIN has come with it.
Task<bool> expect_response(Stage& stage, Client& client, const char* requirement);

/// A request and its response. The twin of what must be dropped: the connection lives. True if a
/// FIN has come with it.
Task<bool> exchange(Stage& stage, Client& client, const char* requirement);

/// The device is alive; a connection of its own, its handshake and an exchange: so is the service.
Task<> expect_service(Stage& stage, const char* requirement);

/// An acknowledgment without text that acknowledges `number` and nothing else comes; throws
/// Violation of `requirement`.
Task<ReceivedSegment> expect_acknowledgment(Stage& stage, Client& client, const char* requirement,
                                            std::uint32_t number);

/// No text comes for so long as silence takes to be believed; acknowledgments may.
Task<> expect_no_text(Stage& stage, Client& client, const char* requirement, const char* when);

/// Everything that comes until nothing has come for `pause`, neither taken nor acknowledged.
Task<std::vector<ReceivedSegment>> collect(Client& client, Duration pause, Duration at_most);

/// ICMP "destination unreachable" about `quoted`, a segment of the device; code 4 names an MTU.
void send_unreachable(Client& client, const TcpSegment& quoted, std::uint8_t code,
                      std::uint16_t mtu = 0);

/// A packet for the device's front link, from the client's router.
std::size_t send_packet(Stage& stage, ByteView packet);
/// One frame as it is.
std::size_t send_frame(Stage& stage, Bytes frame);

}  // namespace conform::tcp
