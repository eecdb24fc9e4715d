// SPDX-License-Identifier: Apache-2.0
/// Passive checks on a finished capture: what holds for every case, whatever the case looks for.
/// They see nothing but the capture and the plan of the farm, so that they judge recorded captures
/// as they judge live ones.
#pragma once

#include <vector>

#include "engine/finding.hh"
#include "iut/iut.hh"
#include "pdu/capture.hh"

namespace conform {

/// Lengths, headers and checksums of every frame of the device (FRM-4, FRM-5, IP-1, TCP-1).
std::vector<Finding> examine_formats(const Capture& capture);

/// What each client gets is one legal TCP connection, whoever sends it (EP-25, EP-48, TCP-1, TCP-2,
/// TCP-5).
std::vector<Finding> examine_client_view(const Capture& capture);

/// What the device forwards are the client's packets, byte for byte, each once, in the order of
/// their arrival (EP-9, EP-21).
std::vector<Finding> examine_forwarded_packets(const Capture& capture);

/// One owner transmits at a time: the device is silent towards the client of what has moved away,
/// or moved in without being released (EP-12).
std::vector<Finding> examine_ownership(const Capture& capture);

/// Content that names its offsets, and the stream that its client has asked for, goes on whole,
/// each byte once, in order: to the client (EP-48), and from it to the peer that goes on with its
/// connection, forwarded (EP-21) or unread (EP-41).
std::vector<Finding> examine_streams(const Capture& capture);

/// Fields of headers that no exchange makes legal: frames longer than the link takes, TTL 0, URG,
/// ECN that was not offered, reserved bits, MSS and window scale out of range (FRM-9, IP-1, TCP-1,
/// TCP-2, TCP-14).
std::vector<Finding> examine_headers(const Capture& capture, const Iut& iut);

/// Frames go from the device's own addresses to whom they are for, and to nobody who has not asked
/// (FRM-2, FRM-3, IP-3, SEC-1, SEC-12, SYS-2, SYS-4, TCP-1). What a host tells a group of its link
/// besides (IPv6 neighbour discovery, IGMP, mDNS) is about no connection, and its own business.
std::vector<Finding> examine_addressees(const Capture& capture, const Iut& iut);

/// By ARP the device claims addresses of its own on that link, with its own MAC, and no other
/// (SYS-1).
std::vector<Finding> examine_arp_claims(const Capture& capture, const Iut& iut);

/// All of them, in the order above.
std::vector<Finding> examine(const Capture& capture, const Iut& iut);

}  // namespace conform
