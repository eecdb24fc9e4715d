// SPDX-License-Identifier: Apache-2.0
// A TCP socket of the kernel that sends generated content and compares what it receives with it.
#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string_view>

#include "bench/moves/content_check.hh"
#include "bench/moves/descriptor.hh"

namespace shunt::bench {

/// The least that the kernel gives: its window closes after some KiB.
inline constexpr int kSmallReceiveBuffer = 4'096;
inline constexpr int kLargeBuffer = 4 * 1024 * 1024;

sockaddr_in address_of(const char* ip, std::uint16_t port);

/// A socket whose calls give up after ten seconds, congestion control Reno, without Nagle's
/// algorithm. With a receive buffer of that size and a large send buffer, whatever the system's
/// limits are, or for 0 with those that the kernel finds best.
Descriptor make_socket(int receive_buffer_bytes);

/// Bytes that wait in a queue of the socket, by the request of ioctl that names it.
std::uint64_t queued_bytes(int socket, unsigned long request);

void send_text(int socket, std::string_view text);
/// Sends `size` bytes of content from `offset` on.
void send_content(int socket, std::uint64_t offset, std::uint64_t size);
/// Receives and compares content until `check` stands at `end`; throws where the stream ends first.
void receive_content(int socket, ContentCheck& check, std::uint64_t end);

}  // namespace shunt::bench
