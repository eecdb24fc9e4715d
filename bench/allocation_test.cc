// SPDX-License-Identifier: Apache-2.0
// What the figures time takes no memory: a segment in, its acknowledgment out, packet after packet.
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>

#include "bench/worlds/receiving_connection.hh"
#include "bench/worlds/upload.hh"

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

namespace shunt::bench {
namespace {

constexpr int kWarmUp = 1'000;
constexpr int kSegments = 10'000;

/// Allocations while `step` runs, after it has run so often that every queue has its size. A step
/// that fails is told apart from one that takes memory.
template <typename Step>
std::size_t allocations_of(Step&& step) {
    bool is_right = true;
    for (int i = 0; i < kWarmUp; ++i)
        is_right = step() && is_right;
    const std::size_t before = allocations;
    for (int i = 0; i < kSegments; ++i)
        is_right = step() && is_right;
    const std::size_t taken = allocations - before;
    EXPECT_TRUE(is_right);
    return taken;
}

TEST(AllocationTest, ASegmentAndItsAcknowledgmentTakeNoMemory) {
    ReceivingConnection world;
    EXPECT_EQ(allocations_of([&] { return world.step(); }), 0U);
}

TEST(AllocationTest, AFrameThatANodeServesTakesNoMemory) {
    Upload upload(Upload::Reader::Home);
    const auto step = [&] {
        const auto out = upload.into_home();
        return out && out->link == link::LinkId::Front;
    };
    EXPECT_EQ(allocations_of(step), 0U);
    EXPECT_EQ(upload.farm().s1().connection_tables().size(migrate::Table::Local), 1U);
}

TEST(AllocationTest, AFrameThroughHomeAndTargetTakesNoMemory) {
    Upload upload(Upload::Reader::Target);
    std::size_t answers = 0;
    const auto step = [&] {
        const auto out = upload.into_home();
        if (!out || out->link != link::LinkId::Back) return false;
        if (upload.into_target(out->frame.bytes())) ++answers;
        return true;
    };
    EXPECT_EQ(allocations_of(step), 0U);
    // RFC 5681 4.2: at least every second full segment is acknowledged at once.
    EXPECT_GE(answers, static_cast<std::size_t>(kWarmUp + kSegments) / 2);
}

TEST(AllocationTest, MemoryThatIsTakenIsCounted) {
    EXPECT_EQ(allocations_of([] { return std::make_unique<int>(1) != nullptr; }),
              static_cast<std::size_t>(kSegments));
}

}  // namespace
}  // namespace shunt::bench
