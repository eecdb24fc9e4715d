// SPDX-License-Identifier: Apache-2.0
/// Oracle: content that names its offsets, and the connection that has asked for it, goes on whole,
/// each byte once, in order: to the client (EP-48), and from the client to who goes on with its
/// connection, forwarded (EP-21) or as what nobody has read (EP-41).
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "oracle/heard_bytes.hh"
#include "oracle/oracle.hh"
#include "oracle/requested_streams.hh"
#include "pdu/flow_watch.hh"

namespace conform {
namespace {

/// More than heads and pages that say why there is no content; `named` is 100,000 bytes or more.
constexpr std::size_t kSurelyContent = 32'768;

/// rcv_nxt counts a FIN that has come (endpoint page, "Control block").
bool has_fin(std::uint16_t state) {
    return state == 5 || state == 7 || state == 8;
}

class StreamsOfCapture {
  public:
    explicit StreamsOfCapture(const Capture& capture)
        : capture_(capture), flows_(capture), requested_(capture) {}

    std::vector<Finding> examine() {
        for (std::size_t number = 0; number < capture_.size(); ++number) {
            const CapturedFrame& captured = capture_[number];
            const FlowSight sight = flows_.look_at(captured.frame);
            if (captured.direction == Direction::FromDevice) hear_flow(sight, number);
            if (captured.direction != Direction::FromDevice || !captured.frame.faults.empty())
                continue;
            hear(captured, number);
        }
        for (const auto& [connection, bytes] : downloads_) {
            read(connection, bytes, "EP-48");
            expect_names(connection, bytes);
        }
        for (const auto& [connection, bytes] : uploads_)
            read(connection, bytes, "EP-21");
        return std::move(findings_);
    }

  private:
    void hear(const CapturedFrame& captured, std::size_t number) {
        const Frame& frame = captured.frame;
        if (captured.link == Link::Front && frame.ipv4 && frame.ipv4->tcp) {
            hear_server(*frame.ipv4->tcp, number);
        } else if (frame.inner && frame.inner->tcp) {
            const TcpSegment& segment = *frame.inner->tcp;
            HeardBytes* bytes = heard_of(uploads_, {segment.source, segment.destination});
            if (bytes) bytes->add(segment.sequence, segment.payload, number);
        } else if (frame.encapsulation) {
            hear_move(*frame.encapsulation, number);
        }
    }

    void hear_flow(const FlowSight& sight, std::size_t number) {
        if (sight.restored && sight.restored->tcp) {
            const TcpSegment& segment = *sight.restored->tcp;
            HeardBytes* bytes = heard_of(uploads_, {segment.source, segment.destination});
            if (bytes) bytes->add(segment.sequence, segment.payload, number);
        }
        for (const FlowMessage& message : sight.messages) {
            const auto block = message.blob ? message.blob->block() : std::nullopt;
            if (!block || !message.connection) continue;
            const Bytes unread = message.blob->bytes_of(blob_section::kReceiveData);
            const std::uint32_t fin = has_fin(block->t_state) ? 1 : 0;
            HeardBytes* bytes = heard_of(uploads_, *message.connection);
            if (bytes) bytes->add(block->rcv_nxt - block->rcv_queue - fin, unread, number);
        }
    }

    void hear_server(const TcpSegment& segment, std::size_t number) {
        const ConnectionKey connection{segment.destination, segment.source};
        HeardBytes* bytes = heard_of(downloads_, connection);
        if (!bytes) return;
        if (segment.has(tcp_flag::kSyn)) {
            read(connection, *bytes, "EP-48");
            bytes->begin(segment.sequence + 1);
        }
        bytes->add(segment.sequence, segment.payload, number);
    }

    /// Unread bytes leave as queue 2, which ends where the block says that the next one comes.
    void hear_move(const Encapsulation& header, std::size_t number) {
        if (header.is(EncapsulationType::Connection)) {
            const auto moved = parse_connection_information(header.payload);
            if (!moved) return;
            const MigrationId id{moved->service, moved->block.iss, moved->block.epoch};
            const std::uint32_t fin = has_fin(moved->block.t_state) ? 1 : 0;
            first_unread_[{header.source, id.to_string()}] =
                moved->block.rcv_nxt - moved->block.rcv_queue - fin;
        } else if (header.is(EncapsulationType::Data)) {
            const auto data = parse_endpoint_data(header.payload);
            if (!data || data->queue != endpoint_queue::kReceive) return;
            const auto first = first_unread_.find({header.source, data->id.to_string()});
            if (first == first_unread_.end()) return;
            HeardBytes* bytes = heard_of(uploads_, {header.source, data->id.service});
            if (bytes) bytes->add(first->second + data->offset, data->bytes, number);
        }
    }

    /// `requirement` is that of bytes in packets.
    void read(const ConnectionKey& connection, const HeardBytes& bytes, const char* requirement) {
        const StreamOwners owners = requested_.of(connection);
        bytes.for_each_run([&](ByteView run, HeardBytes::Frames frames) {
            for (const StreamFault& fault : find_stream_faults(run, owners)) {
                const std::size_t frame = frames[fault.position];
                const auto& header = capture_[frame].frame.encapsulation;
                const bool is_queue = header && header->is(EncapsulationType::Data);
                findings_.push_back(
                    {is_queue ? "EP-41" : requirement, fault.expected, fault.actual, frame});
            }
        });
    }

    /// Content that was asked for by a name, and has it nowhere, would hide whatever happens to it.
    void expect_names(const ConnectionKey& connection, const HeardBytes& bytes) {
        const std::set<std::uint32_t> streams = requested_.of(connection).own;
        if (streams.empty()) return;
        std::size_t heard = 0;
        std::size_t last = 0;
        bool is_named = false;
        bytes.for_each_run([&](ByteView run, HeardBytes::Frames frames) {
            heard += run.size();
            last = frames[run.size() - 1];
            for (const std::uint32_t stream : streams) {
                const std::string name = spell_stream(stream) + ".";
                is_named = is_named || std::search(run.begin(), run.end(), name.begin(),
                                                   name.end()) != run.end();
            }
        });
        if (is_named || heard < kSurelyContent) return;
        findings_.push_back({"EP-48", "content of stream " + spell_stream(*streams.begin()),
                             fmt::format("{} bytes that name none of it", heard), last});
    }

    const Capture& capture_;
    FlowWatch flows_;
    RequestedStreams requested_;
    HeardConnections downloads_;
    HeardConnections uploads_;
    std::map<std::pair<SocketAddress, std::string>, std::uint32_t> first_unread_;
    std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> examine_streams(const Capture& capture) {
    return StreamsOfCapture(capture).examine();
}

}  // namespace conform
