// SPDX-License-Identifier: Apache-2.0
#include "playback/move_exchange.hh"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "playback/link_header.hh"

namespace conform {
namespace {

std::vector<Frame> decode_all(const CaptureFile& file, const Framing& framing) {
    std::vector<Frame> frames;
    frames.reserve(file.packets.size());
    for (const FilePacket& packet : file.packets)
        frames.push_back(decode_frame(without_vlan_tag(packet.bytes), framing));
    return frames;
}

/// As the farm's frames are (FRM-2, FRM-3), which the file does not say.
std::vector<Frame> decode_farm(const CaptureFile& file) {
    for (const Framing& framing :
         {Framing{}, Framing{.ethertype = 0x0007}, Framing{.is_routed = true}}) {
        std::vector<Frame> frames = decode_all(file, framing);
        const bool is_right = std::any_of(frames.begin(), frames.end(), [](const Frame& frame) {
            return frame.encapsulation.has_value();
        });
        if (is_right) return frames;
    }
    return {};
}

bool is_tcp_offer(const Encapsulation& header) {
    return header.is(EncapsulationType::Connection) &&
           header.protocol == encapsulated_protocol::kTcp;
}

class MoveReader {
  public:
    explicit MoveReader(const CaptureFile& file) : file_(file), frames_(decode_farm(file)) {}

    std::vector<MoveExchange> read() {
        for (const Frame& frame : frames_)
            find(frame);
        for (std::size_t i = 0; i < frames_.size(); ++i)
            add(frames_[i], i);
        return std::move(moves_);
    }

  private:
    MoveExchange* move_of(const SocketAddress& client) {
        const auto found = places_.find(client);
        return found == places_.end() ? nullptr : &moves_[found->second];
    }

    void find(const Frame& frame) {
        if (!frame.encapsulation || !is_tcp_offer(*frame.encapsulation)) return;
        const auto information = parse_connection_information(frame.encapsulation->payload);
        if (!information || move_of(frame.encapsulation->source) != nullptr) return;
        places_[frame.encapsulation->source] = moves_.size();
        moves_.push_back({frame.encapsulation->source, information->service, {}, {}});
    }

    void add(const Frame& frame, std::size_t index) {
        if (frame.encapsulation) return add_encapsulated(frame, index);
        if (!frame.ipv4 || !frame.ipv4->tcp) return;
        const TcpSegment& segment = *frame.ipv4->tcp;
        for (const bool is_clients : {true, false}) {
            MoveExchange* move = move_of(is_clients ? segment.source : segment.destination);
            const SocketAddress& other = is_clients ? segment.destination : segment.source;
            if (move == nullptr || other != move->service) continue;
            const auto kind = is_clients ? MoveStep::Kind::Client : MoveStep::Kind::Server;
            move->steps.push_back(
                {kind, index + 1, file_.packets[index].time, frame.ipv4->bytes, segment});
        }
    }

    void add_encapsulated(const Frame& frame, std::size_t index) {
        const Encapsulation& header = *frame.encapsulation;
        MoveExchange* move = move_of(header.source);
        if (move == nullptr) return;
        MoveStep step{MoveStep::Kind::ToTarget, index + 1, file_.packets[index].time,
                      header.payload};
        step.is_offer = header.is(EncapsulationType::Connection);
        const bool is_answer = header.is(EncapsulationType::Acknowledgement);
        const bool is_packet = header.is(EncapsulationType::Forwarded);
        if (is_answer) step.kind = MoveStep::Kind::ToHome;
        const bool is_base = step.is_offer || is_packet || (is_answer && header.payload.empty());
        const bool is_readable =
            is_packet ? frame.inner && frame.inner->tcp
                      : !step.is_offer ||
                            (is_tcp_offer(header) && parse_connection_information(header.payload));
        if (move->obstacle.empty() && !is_base) {
            move->obstacle = fmt::format("packet {} is of the extensions: {}", index + 1,
                                         describe_encapsulation_type(header.type));
        } else if (move->obstacle.empty() && !is_readable) {
            move->obstacle = fmt::format("packet {} cannot be read: {}", index + 1,
                                         describe_encapsulation_type(header.type));
        }
        if (is_packet && is_readable) step.segment = *frame.inner->tcp;
        move->steps.push_back(std::move(step));
    }

    const CaptureFile& file_;
    std::vector<Frame> frames_;
    std::vector<MoveExchange> moves_;
    std::map<SocketAddress, std::size_t> places_;
};

}  // namespace

std::vector<MoveExchange> read_moves(const CaptureFile& file) {
    return MoveReader(file).read();
}

}  // namespace conform
