// SPDX-License-Identifier: Apache-2.0
// A connection of the kernel's TCP, taken out of one socket and put into another by TCP_REPAIR
// (Linux 3.5 and later): numbers, windows, options, timestamp, and what is in both queues. What
// the option cannot carry (congestion window, round trip time, what came out of order) is lost.
#pragma once

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cstdint>
#include <string>

#include "bench/moves/descriptor.hh"

namespace shunt::bench {

/// What of a connection has a fixed size; goes from process to process as these bytes.
struct KernelConnectionState {
    sockaddr_in local{};
    sockaddr_in peer{};
    std::uint32_t send_sequence = 0;  // of the octet behind the send queue
    std::uint32_t receive_sequence = 0;
    std::uint32_t send_bytes = 0;
    std::uint32_t unsent_bytes = 0;  // of send_bytes
    std::uint32_t receive_bytes = 0;
    std::uint32_t timestamp = 0;
    std::uint32_t segment_max = 0;
    std::uint8_t options = 0;  // TCPI_OPT_*
    std::uint8_t send_scale = 0;
    std::uint8_t receive_scale = 0;
    tcp_repair_window window{};
};

struct KernelConnection {
    KernelConnectionState state;
    std::string send_queue;
    std::string receive_queue;
};

/// Freezes the socket and reads the connection; the socket stays frozen and, closed, says nothing.
KernelConnection take_connection(int socket);

/// A socket that can become a connection from `local`: what needs no knowledge of the connection is
/// done already, outside of the freeze.
Descriptor prepare_socket(const sockaddr_in& local);

/// Makes the prepared socket that connection and lets it go on.
void resume_connection(int socket, const KernelConnection& connection);

/// Queues by the ordinary call what the connection had never sent: by the repairing one the kernel
/// would take it for sent.
void send_unsent(int socket, const KernelConnection& connection);

/// Sends and receives it over a stream socket between two processes.
void send_connection(int channel, const KernelConnection& connection);
KernelConnection receive_connection(int channel);

}  // namespace shunt::bench
