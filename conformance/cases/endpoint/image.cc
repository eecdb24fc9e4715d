// SPDX-License-Identifier: Apache-2.0
#include "cases/endpoint/image.hh"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "pdu/sequence.hh"

namespace conform::endpoint {
namespace {

constexpr std::size_t kBytesPerFrame = 1'400;
constexpr std::size_t kPairSize = 8;
constexpr std::uint16_t kContextFlag = 0x4000;
constexpr std::string_view kLengthField = "Content-Length: ";
constexpr std::string_view kEndOfHead = "\r\n\r\n";

std::uint32_t unit_of(std::uint8_t queue) {
    return queue == endpoint_queue::kScoreboard ? kPairSize : 1;
}

}  // namespace

std::optional<std::size_t> size_of_response(const Bytes& bytes) {
    const std::string text(bytes.begin(), bytes.end());
    const std::size_t end = text.find(kEndOfHead);
    const std::size_t field = text.find(kLengthField);
    if (end == std::string::npos || field == std::string::npos) return std::nullopt;
    std::size_t length = 0;
    const char* digits = text.data() + field + kLengthField.size();
    std::from_chars(digits, text.data() + text.size(), length);
    return end + kEndOfHead.size() + length;
}

void Image::add(const EndpointData& data) {
    pieces[data.queue][data.offset * unit_of(data.queue)] = data.bytes;
}

Bytes Image::queue(std::uint8_t number) const {
    Bytes bytes;
    const auto found = pieces.find(number);
    if (found == pieces.end()) return bytes;
    for (const auto& [offset, piece] : found->second) {
        if (offset > bytes.size()) break;
        const std::size_t known = bytes.size() - offset;
        if (known < piece.size()) append(bytes, ByteView(piece).subspan(known));
    }
    return bytes;
}

std::size_t Image::count_bytes(std::uint8_t number) const {
    std::size_t count = 0;
    const auto found = pieces.find(number);
    if (found == pieces.end()) return count;
    for (const auto& [offset, piece] : found->second)
        count += piece.size();
    return count;
}

bool Image::is_whole() const {
    const ControlBlock& block = information.block;
    const Bytes context = queue(endpoint_queue::kContext);
    const bool has_context = (block.t_flags & kContextFlag) == 0 ||
                             (context.size() >= 4 && context.size() == 4 + load_u32(context, 0));
    return has_context && queue(endpoint_queue::kSend).size() >= block.snd_queue &&
           queue(endpoint_queue::kReceive).size() >= block.rcv_queue &&
           count_bytes(endpoint_queue::kOutOfOrder) >= block.ooo_bytes &&
           queue(endpoint_queue::kScoreboard).size() >= kPairSize * block.sack_ranges;
}

Task<Image> take_image(Stage& stage, Peer& peer, const Offer& offer) {
    Image image{offer.information};
    const Time deadline = stage.wire().now() + stage.iut().timers.answer;
    while (!image.is_whole()) {
        const std::optional<ReceivedEncapsulation> received =
            co_await peer.receive(deadline - stage.wire().now());
        if (!received) {
            throw Violation({"EP-41", "all queues that the block announces as 0x12",
                             fmt::format("{} of {} bytes to be sent, {} of {} unread",
                                         image.queue(endpoint_queue::kSend).size(),
                                         offer.information.block.snd_queue,
                                         image.queue(endpoint_queue::kReceive).size(),
                                         offer.information.block.rcv_queue)});
        }
        if (received->header().is(EncapsulationType::Connection)) continue;
        const auto data = parse_endpoint_data(received->header().payload);
        if (!received->header().is(EncapsulationType::Data) || !data || data->id != offer.id()) {
            throw Violation({"EP-41", "0x12 with the ID of the 0x01", describe(received->content),
                             received->frame});
        }
        image.add(*data);
    }
    co_return std::move(image);
}

void send_connection(Peer& peer, const Image& image) {
    peer.send(EncapsulationType::Connection, encode(image.information));
}

void send_queues(Peer& peer, const Image& image) {
    for (const auto& [queue, pieces] : image.pieces) {
        for (const auto& [offset, piece] : pieces) {
            for (std::size_t at = 0; at < piece.size(); at += kBytesPerFrame) {
                const ByteView part =
                    ByteView(piece).subspan(at, std::min(kBytesPerFrame, piece.size() - at));
                EndpointData data{image.id(), queue};
                data.offset = (offset + static_cast<std::uint32_t>(at)) / unit_of(queue);
                data.bytes.assign(part.begin(), part.end());
                peer.send(EncapsulationType::Data, encode(data));
            }
        }
    }
}

Task<Bytes> take_response(Stage& stage, Client& client, const char* requirement, Bytes head,
                          std::function<void(const TcpSegment&)> forward) {
    Bytes response = std::move(head);
    for (;;) {
        const std::optional<std::size_t> size = size_of_response(response);
        if (size && response.size() >= *size) co_return std::move(response);
        const auto received = co_await client.receive(stage.iut().timers.answer);
        if (!received) {
            throw Violation(
                {requirement,
                 fmt::format("a response of {} bytes", size ? std::to_string(*size) : "some"),
                 fmt::format("nothing behind byte {}", response.size())});
        }
        const TcpSegment& segment = received->segment;
        const std::int32_t old = sequence_distance(segment.sequence, client.acknowledged());
        if (segment.payload.empty()) continue;
        // A repetition is cut to what is new.
        if (old >= 0 && static_cast<std::size_t>(old) < segment.payload.size()) {
            append(response, ByteView(segment.payload).subspan(static_cast<std::size_t>(old)));
            TcpSegment fresh = segment;
            fresh.sequence = client.acknowledged();
            fresh.payload.erase(fresh.payload.begin(), fresh.payload.begin() + old);
            client.accept(fresh);
        }
        const TcpSegment acknowledgment = client.make(tcp_flag::kAck);
        if (forward) {
            client.count_sent(acknowledgment);
            forward(acknowledgment);
        } else {
            client.send(acknowledgment);
        }
    }
}

Task<Bytes> take_flight(Stage& stage, Client& client) {
    Bytes flight;
    const std::uint32_t from = client.acknowledged();
    while (const auto received = co_await client.receive(response_pause(stage))) {
        if (received->segment.sequence == from + flight.size())
            append(flight, received->segment.payload);
    }
    co_return std::move(flight);
}

}  // namespace conform::endpoint
