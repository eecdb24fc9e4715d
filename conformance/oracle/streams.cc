// SPDX-License-Identifier: Apache-2.0
/// Oracle: the bytes that a client gets are those of the content, each once, in order (EP-48),
/// where the content names its offsets.
#include <fmt/format.h>

#include <map>
#include <utility>

#include "oracle/named_stream.hh"
#include "oracle/oracle.hh"
#include "pdu/sequence.hh"

namespace conform {
namespace {

/// More than any case downloads.
constexpr std::size_t kStreamKeptMax = std::size_t{1} << 20;

/// What a server has said to one client, by its place in the stream, whoever sent it.
class ServerStream {
  public:
    /// The byte behind the SYN, or the first that a moved connection sends here.
    void begin(std::uint32_t sequence) {
        start_ = sequence;
        bytes_.clear();
        senders_.clear();
    }
    bool has_begun() const { return start_.has_value(); }

    void add(const TcpSegment& segment, std::size_t frame) {
        const std::uint32_t place = segment.sequence - *start_;
        if (place + segment.payload.size() > kStreamKeptMax) return;
        if (bytes_.size() < place + segment.payload.size()) {
            bytes_.resize(place + segment.payload.size());
            senders_.resize(bytes_.size());
        }
        for (std::size_t i = 0; i < segment.payload.size(); ++i) {
            if (senders_[place + i]) continue;
            bytes_[place + i] = segment.payload[i];
            senders_[place + i] = frame;
        }
    }

    /// Runs without a gap, each by itself: what was not seen may have been sent by another server.
    void examine(std::vector<Finding>& findings) const {
        for (std::size_t begin = 0; begin < bytes_.size();) {
            std::size_t end = begin;
            while (end < bytes_.size() && senders_[end])
                ++end;
            for (const StreamFault& fault :
                 find_stream_faults(ByteView(bytes_).subspan(begin, end - begin))) {
                findings.push_back(
                    {"EP-48", fault.expected, fault.actual, senders_[begin + fault.position]});
            }
            begin = end + 1;
        }
    }

  private:
    std::optional<std::uint32_t> start_;
    Bytes bytes_;
    std::vector<std::optional<std::size_t>> senders_;
};

}  // namespace

std::vector<Finding> examine_streams(const Capture& capture) {
    std::map<std::pair<SocketAddress, SocketAddress>, ServerStream> streams;
    std::vector<Finding> findings;
    for (std::size_t number = 0; number < capture.size(); ++number) {
        const CapturedFrame& captured = capture[number];
        const Frame& frame = captured.frame;
        const bool is_for_client = captured.direction == Direction::FromDevice &&
                                   captured.link == Link::Front && frame.ipv4 && frame.ipv4->tcp;
        if (!is_for_client || !frame.faults.empty()) continue;
        const TcpSegment& segment = *frame.ipv4->tcp;
        ServerStream& stream = streams[{segment.destination, segment.source}];
        if (segment.has(tcp_flag::kSyn)) {
            stream.examine(findings);
            stream.begin(segment.sequence + 1);
        }
        if (segment.payload.empty()) continue;
        if (!stream.has_begun()) stream.begin(segment.sequence);
        stream.add(segment, number);
    }
    for (const auto& [key, stream] : streams)
        stream.examine(findings);
    return findings;
}

}  // namespace conform
