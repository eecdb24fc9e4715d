// SPDX-License-Identifier: Apache-2.0
// Moves a connection from one node to another in one process, with so many bytes in both queues of
// the server, and says how long the two had to work while neither served it: what is left of
// shunt-freeze's time without links, without waking processes and without EP-41's pace.
//
// The client is a connection of the engine, links are perfect, time is virtual, so that a wait
// costs nothing; what is measured is the machine's time.
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/moves/old_segment.hh"
#include "bench/worlds/farm.hh"
#include "shunt/base/bytes.hh"
#include "shunt/migrate/connection_tables.hh"

namespace shunt::bench {
namespace {

using Clock = std::chrono::steady_clock;

/// As shunt-freeze has it.
constexpr std::uint16_t kBackMtu = 9'000;
constexpr std::uint64_t kWarmUpBytes = 8 * 1024 * 1024;
constexpr std::uint64_t kObjectBytes = 4 * 1024 * 1024;
constexpr int kMovesBefore = 8;  // there and back
constexpr std::size_t kPiece = 64 * 1024;
/// While the window opens: a server measures by it how fast its application reads.
constexpr Duration kRoundTrip = Duration::microseconds(100);
constexpr int kHeapKeptBytes = 64 * 1024 * 1024;
constexpr int kHeapBlockMax = 4 * 1024 * 1024;
constexpr farm::ServerId kHome = 1;
constexpr farm::ServerId kTarget = 2;

class HostFreeze {
  public:
    HostFreeze(std::size_t queued, farm::Profile profile)
        : queued_(queued),
          farm_({.connections = 1,
                 .send_buffer_bytes = queued,
                 .back_mtu = kBackMtu,
                 .profile = profile}),
          client_(farm_.open(0)) {}

    void fill_queues();
    void move();
    void say() const;

  private:
    Clock::duration move(farm::ServerId from, farm::ServerId to);
    void send(std::string_view text);
    void send_body(std::uint64_t size);
    const tcp::Connection& at_home();

    std::size_t queued_;
    Farm farm_;
    tcp::Connection& client_;
    std::size_t send_queue_ = 0;
    std::size_t receive_queue_ = 0;
    Clock::duration frozen_{};
};

void HostFreeze::send(std::string_view text) {
    const ByteView bytes{reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    if (client_.send(bytes) != bytes.size()) throw std::runtime_error("the client's queue is full");
    farm_.exchange();
}

void HostFreeze::send_body(std::uint64_t size) {
    const std::vector<std::uint8_t> piece(kPiece);
    while (size > 0) {
        const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, piece.size()));
        size -= client_.send(ByteView(piece).first(wanted));
        farm_.exchange();
        farm_.pass(kRoundTrip);
    }
    farm_.exchange();
}

const tcp::Connection& HostFreeze::at_home() {
    auto& tables = const_cast<migrate::ConnectionTables&>(farm_.s1().connection_tables());
    const auto slot = tables.find(farm_.tuple(0));
    if (!slot) throw std::runtime_error("the home has no such connection");
    return *tables.at(*slot).connection();
}

/// An upload opens the window. Of an object larger than the send queue the client takes nothing; so
/// the application writes no more, and does not read the request that comes behind.
void HostFreeze::fill_queues() {
    send(fmt::format("POST /bytes/16 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
                     kWarmUpBytes));
    send_body(kWarmUpBytes);
    farm_.stop_reading();
    if (queued_ == 0) return;
    send(fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: x\r\n\r\n", kObjectBytes));
    const std::string head = fmt::format(
        "POST /bytes/16 HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n", kObjectBytes);
    send(head);
    send_body(queued_ - head.size());
    send_queue_ = at_home().send_queue_size();
    receive_queue_ = at_home().receive_queue_size();
    if (send_queue_ < queued_ || receive_queue_ < queued_)
        throw std::runtime_error(
            fmt::format("{} and {} bytes wait, not {}", send_queue_, receive_queue_, queued_));
}

/// There and back until both nodes have the memory for it, as nodes have that move connections; the
/// kernel's servers have theirs prepared, too. Then the move that counts.
void HostFreeze::move() {
    for (int i = 0; i < kMovesBefore; ++i) {
        move(kHome, kTarget);
        move(kTarget, kHome);
    }
    frozen_ = move(kHome, kTarget);
}

Clock::duration HostFreeze::move(farm::ServerId from, farm::ServerId to) {
    const auto question = make_old_segment(farm_.last_of_client());
    if (!question) throw std::runtime_error("the client has sent nothing");
    farm_.exchange();
    farm_.forget_answers();
    node::Node& owner = from == kHome ? farm_.s1() : farm_.s2();
    const std::string& name = farm_.config().server_by_id(to)->name;
    const auto begun = Clock::now();
    const auto started = owner.migrate(farm_.tuple(0), name, farm_.now());
    if (!started) throw std::runtime_error(started.error().text);
    farm_.put(*question);
    while (!farm_.has_answered(to))
        farm_.step();
    const auto frozen = Clock::now() - begun;
    if (farm_.has_answered(from)) throw std::runtime_error("the server before answers as well");
    return frozen;
}

void HostFreeze::say() const {
    using Microseconds = std::chrono::duration<double, std::micro>;
    fmt::print("{{\"freeze_us\":{:.1f},\"send_queue\":{},\"receive_queue\":{}}}\n",
               Microseconds(frozen_).count(), send_queue_, receive_queue_);
}

}  // namespace
}  // namespace shunt::bench

int main(int argc, char** argv) {
    std::size_t queued = 0;
    const std::string_view text = argc == 3 ? argv[1] : "";
    const std::string_view profile = argc == 3 ? argv[2] : "";
    const char* const end = text.data() + text.size();
    if (text.empty() || std::from_chars(text.data(), end, queued).ptr != end ||
        (profile != "endpoint" && profile != "blob")) {
        fmt::print(stderr, "usage: host-freeze QUEUED_BYTES endpoint|blob\n");
        return 2;
    }
    // As shunt-node's runtime/heap.cc.
    mallopt(M_TRIM_THRESHOLD, shunt::bench::kHeapKeptBytes);
    mallopt(M_MMAP_THRESHOLD, shunt::bench::kHeapBlockMax);
    try {
        using shunt::farm::Profile;
        const Profile moved_as = profile == "blob" ? Profile::Blob : Profile::Endpoint;
        shunt::bench::HostFreeze freeze(queued, moved_as);
        freeze.fill_queues();
        freeze.move();
        freeze.say();
        return 0;
    } catch (const std::exception& error) {
        fmt::print(stderr, "host-freeze: {}\n", error.what());
        return 3;
    }
}
