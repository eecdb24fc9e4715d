// SPDX-License-Identifier: Apache-2.0
// For tests: the farm of farm_fixture.hh, whose listeners move connections as blobs
// (docs/protocol/blob.md).
#pragma once

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "shunt/node/farm_fixture.hh"
#include "shunt/wire/control_frame.hh"
#include "shunt/wire/tcp_header.hh"

namespace shunt::node {

class BlobFixture : public FarmFixture {
  protected:
    void SetUp() override { build_blob(false); }

    void build_blob(bool is_eager) {
        build(true);
        for (farm::Listen& listen : config_.listens) {
            listen.profile = farm::Profile::Blob;
            listen.is_eager = is_eager;
        }
        start_nodes();
    }

    /// A client's packet between two forward IPs.
    bool is_rewritten(const SeenFrame& frame) const {
        if (frame.link != link::LinkId::Back || frame.ethernet().type() != wire::kEtherTypeIpv4)
            return false;
        const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
        return ip && config_.server_by_forward_ip(ip->destination()) != nullptr;
    }
    std::vector<SeenFrame> rewritten() const {
        std::vector<SeenFrame> found;
        for (const SeenFrame& frame : seen_) {
            if (is_rewritten(frame)) found.push_back(frame);
        }
        return found;
    }
    /// What a segment of a control channel brings; nothing: it is none, or brings nothing.
    static std::optional<ByteView> channel_bytes(const SeenFrame& frame) {
        if (frame.link != link::LinkId::Back || frame.ethernet().type() != wire::kEtherTypeIpv4)
            return std::nullopt;
        const auto ip = wire::Ipv4View::parse(frame.ethernet().payload());
        if (!ip) return std::nullopt;
        const auto segment = wire::TcpView::parse(*ip, wire::ChecksumField::Partial);
        if (!segment || segment->payload().size() < wire::kControlHeaderSize) return std::nullopt;
        const bool is_channel = segment->source_port() == wire::kControlPort ||
                                segment->destination_port() == wire::kControlPort;
        return is_channel ? std::optional(segment->payload()) : std::nullopt;
    }
    /// The segment brings a control frame of that kind. Segments begin with a frame here: the
    /// channels say little at a time.
    static bool brings(const SeenFrame& frame, wire::ControlKind kind) {
        auto rest = channel_bytes(frame).value_or(ByteView());
        while (rest.size() >= wire::kControlHeaderSize) {
            if (static_cast<wire::ControlKind>(rest[5]) == kind) return true;
            const auto size = wire::ControlFrameView::size_of(rest);
            if (!size || *size > rest.size()) return false;
            rest = rest.subspan(*size);
        }
        return false;
    }
    bool is_from(const SeenFrame& frame, std::size_t server) const {
        return frame.ethernet().source() == config_.servers[server - 1].back_mac;
    }
    std::size_t seen_of_kind(wire::ControlKind kind) const {
        std::size_t found = 0;
        for (const SeenFrame& frame : seen_)
            found += brings(frame, kind) ? 1U : 0U;
        return found;
    }
    bool is_anything_encapsulated() const {
        for (const SeenFrame& frame : seen_) {
            if (frame.encapsulation()) return true;
        }
        return false;
    }
    void mend_back_link() {
        loses_ = [](const SeenFrame&) { return false; };
    }
    bool is_served_by(const std::string& server, std::size_t size = 33) {
        received_.clear();
        request("/bytes/" + std::to_string(size));
        run_for(kMillisecond * 500);
        return ends_with_content(size) &&
               received_.find("Server: shunt/" + server) != std::string::npos;
    }
    void arrive_at_s2() {
        handshake();
        request("/s2/bytes/10");
        run_for(kMillisecond * 20);
        ASSERT_EQ(in(s2(), migrate::Table::ForwardConnect), 1U);
        ASSERT_EQ(in(s1(), migrate::Table::Forward), 1U);
    }
    static std::uint64_t count(Node& node, Counter counter) {
        return node.counters().value(counter);
    }
};

}  // namespace shunt::node
