// SPDX-License-Identifier: Apache-2.0
// A frame of every Type in both sets, about the connections of the node in each stage of a move,
// and the ways to be cut short.
#include <functional>

#include "encapsulation/client_packet.hh"
#include "encapsulation/farm_node.hh"
#include "fuzz_target.hh"
#include "shunt/wire/connection_information.hh"
#include "shunt/wire/icmp.hh"
#include "shunt/wire/ipv4.hh"
#include "shunt/wire/reject.hh"

namespace shunt::fuzz {
namespace {

using wire::EncapsulationType;
using wire::TcpFlags;

constexpr std::uint16_t kNewPort = 4720;

// Puts frames together and collects them.
class SeedWriter {
  public:
    std::vector<Seed> take() { return std::move(seeds_); }

    const KnownConnection& known(MoveStage stage) const { return farm_.known(stage); }

    wire::ConnectionTuple new_tuple() const {
        wire::ConnectionTuple tuple = known(MoveStage::MovedIn).tuple;
        tuple.client_port = kNewPort;
        return tuple;
    }

    void add(const char* name, EncapsulationType type, const wire::ConnectionTuple& tuple,
             const std::function<void(Packet&)>& write_payload) {
        Packet packet = pool_.take();
        write_payload(packet);
        FarmNode::header_about(tuple, type).prepend_to(packet);
        const ByteView bytes = packet.bytes();
        seeds_.push_back({name, {bytes.begin(), bytes.end()}});
    }

    void add_copy(const char* name, EncapsulationType type, const KnownConnection& about) {
        add(name, type, about.tuple, [&](Packet& packet) {
            wire::MigrationCopy{about.id, about.copy}.append_to(packet);
        });
    }

    void add_block(const char* name, const wire::ConnectionTuple& tuple,
                   const wire::ControlBlock& block) {
        add(name, EncapsulationType::Connection, tuple, [&](Packet& packet) {
            wire::ConnectionInformation{tuple.service, tuple.service_port, block, {}}.append_to(
                packet);
        });
    }

    void add_segment(const char* name, const wire::ConnectionTuple& tuple, TcpFlags flags,
                     std::string_view text) {
        const std::vector<std::uint8_t> bytes(text.begin(), text.end());
        add(name, EncapsulationType::Forwarded, tuple,
            [&](Packet& packet) { write_client_packet(tuple, flags, bytes, packet); });
    }

    // A payload of a length field and so many bytes that count up.
    void add_counted(const char* name, EncapsulationType type, std::uint16_t count) {
        add(name, type, known(MoveStage::MovedIn).tuple, [&](Packet& packet) {
            store_u16(packet.append(2), 0, count);
            std::uint8_t value = 0;
            for (std::uint8_t& byte : packet.append(count))
                byte = value++;
        });
    }

    /// The first bytes of the seed that was added last.
    void add_cut(const char* name, std::size_t size) {
        std::vector<std::uint8_t> bytes = seeds_.back().bytes;
        bytes.resize(size);
        seeds_.push_back({name, std::move(bytes)});
    }

    /// A good 0x14 with `added` on one byte and `taken` off the low byte of its checksum.
    void add_changed_go(const char* name, std::size_t offset, std::uint8_t added,
                        std::uint8_t taken) {
        add_copy(name, EncapsulationType::Go, known(MoveStage::Unreleased));
        std::vector<std::uint8_t>& bytes = seeds_.back().bytes;
        bytes[offset] = static_cast<std::uint8_t>(bytes[offset] + added);
        bytes[15] = static_cast<std::uint8_t>(bytes[15] - taken);
    }

  private:
    PacketPool pool_;
    FarmNode farm_{true};
    std::vector<Seed> seeds_;
};

void add_connections(SeedWriter& writer) {
    const auto& moved_in = writer.known(MoveStage::MovedIn);
    const auto& unreleased = writer.known(MoveStage::Unreleased);
    writer.add_block("connection-new", writer.new_tuple(), fresh_block());
    writer.add_cut("connection-new-cut", 100);
    writer.add_block("connection-repeated", unreleased.tuple, fresh_block());
    wire::ControlBlock block = fresh_block();
    block.epoch = 2;
    writer.add_block("connection-of-the-next-epoch", unreleased.tuple, block);
    writer.add_block("connection-of-a-released-endpoint", moved_in.tuple, block);
    block.version = 0;
    writer.add_block("connection-of-version-0", writer.new_tuple(), block);
    block = fresh_block();
    block.mss = 0;
    writer.add_block("connection-malformed-state", writer.new_tuple(), block);
    wire::ConnectionTuple flow = writer.new_tuple();
    flow.protocol = wire::TransportProtocol::Udp;
    writer.add("connection-udp-base", EncapsulationType::Connection, flow, [&](Packet& packet) {
        wire::ConnectionInformation{flow.service, flow.service_port, {}, {}}.append_to(packet);
    });
    writer.add("connection-udp-ext", EncapsulationType::Connection, flow, [&](Packet& packet) {
        wire::ConnectionInformation{flow.service, flow.service_port, {}, 77}.append_to(packet);
    });
}

void add_forwarded(SeedWriter& writer) {
    const auto& moved_in = writer.known(MoveStage::MovedIn).tuple;
    const auto& unreleased = writer.known(MoveStage::Unreleased).tuple;
    constexpr std::string_view request = "GET /bytes/10000 HTTP/1.1\r\nHost: x\r\n\r\n";
    writer.add_segment("forwarded-acknowledgment", moved_in, {.acknowledgment = true}, "");
    writer.add_segment("forwarded-request", moved_in, {.push = true, .acknowledgment = true},
                       request);
    writer.add_cut("forwarded-request-cut", 50);
    writer.add_segment("forwarded-fin", moved_in, {.fin = true, .acknowledgment = true}, "");
    writer.add_segment("forwarded-reset", moved_in, {.reset = true}, "");
    writer.add_segment("forwarded-syn", moved_in, {.syn = true}, "");
    writer.add_segment("forwarded-to-unreleased", unreleased, {.acknowledgment = true}, request);
    writer.add_segment("forwarded-reset-to-unreleased", unreleased, {.reset = true}, "");
    writer.add_segment("forwarded-unknown", writer.new_tuple(), {.acknowledgment = true}, "");
    const auto write_inner = [&](Packet& packet, wire::IpProtocol protocol, bool is_fragment) {
        wire::Ipv4Header ip;
        ip.more_fragments = is_fragment;
        ip.protocol = protocol;
        ip.source = moved_in.client;
        ip.destination = moved_in.service;
        ip.prepend_to(packet);
    };
    writer.add("forwarded-fragment", EncapsulationType::Forwarded, moved_in, [&](Packet& packet) {
        packet.append(std::vector<std::uint8_t>(64, 'f'));
        write_inner(packet, wire::IpProtocol::Tcp, true);
    });
    writer.add("forwarded-icmp-error", EncapsulationType::Forwarded, moved_in, [&](Packet& packet) {
        const wire::ConnectionTuple back{moved_in.service, moved_in.service_port, moved_in.client,
                                         moved_in.client_port, moved_in.protocol};
        write_client_packet(back, {.acknowledgment = true}, {}, packet);
        wire::IcmpHeader{wire::IcmpType::DestinationUnreachable, wire::kIcmpFragmentationNeeded, 0,
                         1'400}
            .prepend_to(packet);
        write_inner(packet, wire::IpProtocol::Icmp, false);
    });
}

void add_answers(SeedWriter& writer) {
    const auto& moved_in = writer.known(MoveStage::MovedIn);
    const auto& unreleased = writer.known(MoveStage::Unreleased);
    const auto& moved_away = writer.known(MoveStage::MovedAway);
    const auto& migrating = writer.known(MoveStage::Migrating);
    const auto nothing = [](Packet&) {};
    writer.add("acknowledgement-base", EncapsulationType::Acknowledgement, migrating.tuple,
               nothing);
    writer.add("acknowledgement-base-repeated", EncapsulationType::Acknowledgement,
               moved_away.tuple, nothing);
    writer.add_copy("acknowledgement-ext", EncapsulationType::Acknowledgement, migrating);
    writer.add_copy("acknowledgement-ext-repeated", EncapsulationType::Acknowledgement, moved_away);
    KnownConnection other = moved_away;
    ++other.copy;
    writer.add_copy("acknowledgement-of-another-copy", EncapsulationType::Acknowledgement, other);
    writer.add_copy("release-by-the-owner", EncapsulationType::Release, moved_away);
    writer.add_copy("release-of-an-unwanted-copy", EncapsulationType::Release, unreleased);
    writer.add_copy("release-of-a-released-copy", EncapsulationType::Release, moved_in);
    writer.add_copy("go", EncapsulationType::Go, unreleased);
    writer.add_copy("go-repeated", EncapsulationType::Go, moved_in);
    other = unreleased;
    ++other.copy;
    writer.add_copy("go-of-another-copy", EncapsulationType::Go, other);
    other.tuple.client_port = kNewPort;
    writer.add_copy("go-unknown", EncapsulationType::Go, other);
    const auto add_reject = [&](const char* name, wire::RejectReason reason) {
        writer.add(name, EncapsulationType::Reject, migrating.tuple, [&](Packet& packet) {
            wire::RejectMessage{migrating.id, reason}.append_to(packet);
        });
    };
    add_reject("reject-full", wire::RejectReason::Full);
    add_reject("reject-unknown-endpoint", wire::RejectReason::UnknownEndpoint);
    writer.add_counted("data", EncapsulationType::Data, 120);
    writer.add_counted("challenge", EncapsulationType::Challenge, 17);
    writer.add_counted("missing", EncapsulationType::Missing, 14 + 2 * 9);
}

// What each check of FRM-6 refuses, in its order.
void add_refused(SeedWriter& writer) {
    writer.add_counted("refused-length-of-challenge", EncapsulationType::Challenge, 16);
    writer.add_counted("refused-length-of-data", EncapsulationType::Data, 19);
    writer.add_counted("refused-length-of-go", EncapsulationType::Go, 17);
    writer.add_counted("refused-length-of-missing", EncapsulationType::Missing, 14 + 33 * 9);
    writer.add_counted("refused-length-of-reject", EncapsulationType::Reject, 18);
    writer.add_changed_go("refused-type", 12, 2, 0);
    writer.add_changed_go("refused-checksum", 11, 0, 1);
    writer.add_changed_go("refused-protocol", 13, 5, 5);
    writer.add_changed_go("refused-forward-address", 9, 7, 7);
    writer.add_cut("refused-header-cut", 15);
}

}  // namespace

std::vector<Seed> seeds() {
    SeedWriter writer;
    add_connections(writer);
    add_forwarded(writer);
    add_answers(writer);
    add_refused(writer);
    return writer.take();
}

}  // namespace shunt::fuzz
