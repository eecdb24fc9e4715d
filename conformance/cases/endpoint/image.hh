// SPDX-License-Identifier: Apache-2.0
/// An endpoint that moves in use: the block of its 0x01, and the queues that follow as 0x12
/// (EP-41).
#pragma once

#include <map>

#include "cases/endpoint/steps.hh"

namespace conform::endpoint {

struct Image {
    ConnectionInformation information;
    /// What came of each queue, by its offset in bytes (in pairs of queue 4: eight bytes each).
    std::map<std::uint8_t, std::map<std::uint32_t, Bytes>> pieces{};

    MigrationId id() const {
        return {information.service, information.block.iss, information.block.epoch};
    }
    /// Everything that the block announces is there.
    bool is_whole() const;
    void add(const EndpointData& data);
    /// The bytes of a queue up to its first gap.
    Bytes queue(std::uint8_t number) const;
    std::size_t count_bytes(std::uint8_t number) const;
};

/// The offer's queues: every 0x12 about it until the image is whole. Throws Violation of EP-41
/// where they do not come.
Task<Image> take_image(Stage& stage, Peer& peer, const Offer& offer);

/// 0x01, then the queues, as a home or an owner sends them.
void send_connection(Peer& peer, const Image& image);
void send_queues(Peer& peer, const Image& image);

/// How long the response is with its head; absent before the head is whole.
std::optional<std::size_t> size_of_response(const Bytes& bytes);

/// Takes a response until all of its Content-Length is there, acknowledging as it comes; throws
/// Violation of `requirement` where it stops earlier. `head` is what of it came before. `forward`
/// takes the client's segments where they do not go to the device directly.
Task<Bytes> take_response(Stage& stage, Client& client, const char* requirement, Bytes head = {},
                          std::function<void(const TcpSegment&)> forward = {});

/// What of a flight has come, without acknowledging any of it.
Task<Bytes> take_flight(Stage& stage, Client& client);

}  // namespace conform::endpoint
