// SPDX-License-Identifier: Apache-2.0
// Neither parsing nor writing takes memory: a segment's way through the node allocates nothing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/ethernet.hh"
#include "shunt/wire/flow_rewrite.hh"
#include "shunt/wire/forwarded_packet.hh"
#include "shunt/wire/tcp_header.hh"
#include "shunt/wire/test_support.hh"

namespace {

std::size_t allocations = 0;

}  // namespace

// Replaces the program's own: every other test runs with it too.
void* operator new(std::size_t size) {
    ++allocations;
    if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}

void operator delete(void* memory) noexcept {
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

namespace shunt::wire {
namespace {

constexpr Ipv4Address kClient(10, 7, 0, 9);
constexpr Ipv4Address kService(10, 7, 1, 1);

// A client's segment, forwarded: written from the payload out, parsed from the frame in.
bool goes_round(Packet& packet) {
    TcpHeader segment{.source_port = 4711, .destination_port = 80};
    segment.flags.acknowledgment = true;
    segment.options.timestamps = TcpTimestamps{1, 2};
    segment.prepend_to(packet, kClient, kService);
    Ipv4Header{.source = kClient, .destination = kService}.prepend_to(packet);
    EncapsulationHeader{.source = kClient, .source_port = 4711, .destination_port = 80}.prepend_to(
        packet);
    EthernetHeader{.type = kEtherTypeEncapsulation}.prepend_to(packet);

    const auto frame = EthernetView::parse(packet.bytes());
    if (!frame) return false;
    const auto outer = EncapsulationView::parse(frame->payload(), ProtocolSet::Extended);
    if (!outer) return false;
    const auto forwarded = ForwardedPacket::parse(*outer);
    if (!forwarded) return false;
    const auto inner = TcpView::parse(forwarded->packet());
    return inner && inner->options().timestamps == segment.options.timestamps &&
           forwarded->tuple().hash({1, 2}) != 0;
}

TEST(AllocationTest, AForwardedSegmentTakesNoMemory) {
    PacketPool pool;
    Packet packet = pool.take();
    const test::Bytes payload(1'400, 0x5A);
    const std::size_t before = allocations;
    bool is_right = true;
    for (int round = 0; round < 100; ++round) {
        packet.clear();
        packet.append(payload);
        is_right = goes_round(packet) && is_right;
    }
    EXPECT_EQ(allocations, before);
    EXPECT_TRUE(is_right);
}

// Out of the client's segment a flow's, and out of that the client's.
bool is_rewritten_and_restored(Packet& packet, const ConnectionTuple& tuple) {
    const FlowPath path{Ipv4Address(10, 8, 0, 1), Ipv4Address(10, 8, 0, 2)};
    return !rewrite_to_flow(packet.mutable_bytes(), path, FlowId(0xABCD'1234)) &&
           !restore_tuple(packet.mutable_bytes(), tuple);
}

TEST(AllocationTest, ARewrittenSegmentTakesNoMemory) {
    PacketPool pool;
    Packet packet = pool.take();
    packet.append(test::Bytes(1'400, 0x5A));
    const ConnectionTuple tuple{kClient, 4711, kService, 80, TransportProtocol::Tcp};
    TcpHeader{.source_port = 4711, .destination_port = 80}.prepend_to(packet, kClient, kService);
    Ipv4Header{.source = kClient, .destination = kService}.prepend_to(packet);
    const std::size_t before = allocations;
    bool is_right = true;
    for (int round = 0; round < 100; ++round)
        is_right = is_rewritten_and_restored(packet, tuple) && is_right;
    EXPECT_EQ(allocations, before);
    EXPECT_TRUE(is_right && Ipv4View::parse(packet.bytes()));
}

TEST(AllocationTest, MemoryThatIsTakenIsCounted) {
    const std::size_t before = allocations;
    const test::Bytes bytes(100);
    EXPECT_GT(allocations, before);
    EXPECT_EQ(bytes.size(), 100U);
}

}  // namespace
}  // namespace shunt::wire
