// SPDX-License-Identifier: Apache-2.0
// A machine with many UDP flows to one service of the farm: each says numbered things, is silent
// for longer than a flow lasts, and says a few things more. What answers it must be what the echo
// application makes of something that it has said (EP-52); once the links are whole, of each thing
// exactly once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "shunt/base/counters.hh"
#include "shunt/base/deadline_heap.hh"
#include "shunt/base/packet.hh"
#include "shunt/sim/checkers/violation.hh"
#include "shunt/sim/host.hh"
#include "shunt/stack/interface.hh"
#include "shunt/wire/tuple.hh"

namespace shunt::sim {

struct DatagramPlan {
    wire::Ipv4Address address;
    wire::MacAddress mac;
    wire::Ipv4Address service;
    std::uint16_t service_port = 0;
    std::size_t flows = 1;
    Duration interval = Duration::milliseconds(20);
    /// Its first word.
    Instant start;
    /// Until then it speaks whatever happens; from `again` on the links are whole, and it says
    /// `last_words` things.
    Instant silence;
    Instant again;
    std::size_t last_words = 5;
    /// Links repeat nothing: whatever happens nothing is answered twice (EP-12).
    bool is_answered_once = false;
};

class DatagramClient final : public Host {
  public:
    /// Flow n has port kFirstPort + n.
    static constexpr std::uint16_t kFirstPort = 20'000;

    explicit DatagramClient(const DatagramPlan& plan);

    void handle_frame(link::LinkId link, Packet frame, Instant now) override;
    void handle_deadline(Instant now) override;
    std::optional<link::OutgoingFrame> poll_transmit(Instant now) override;
    std::optional<Instant> poll_deadline() const override;

    wire::ConnectionTuple tuple(std::size_t flow) const;
    bool has_said_all() const;
    /// What was wrong with the answers, and at the end which last words have none.
    void report(Instant now, ViolationLog& log) const;
    void report_answers(Instant now, ViolationLog& log) const;
    std::uint64_t answers() const { return answers_; }
    /// Answers by the name of the server that gave them.
    const std::map<std::string, std::uint64_t>& answers_by_server() const { return by_server_; }

  private:
    struct FlowState {
        std::uint32_t said = 0;
        std::map<std::uint32_t, int> last_words;  // by number: answers
        std::vector<bool> is_answered;            // all words, by number
    };
    void say(std::size_t flow, Instant now);
    void hear(std::size_t flow, std::string_view answer);
    void complain(std::string fault);
    static std::string text_of(std::size_t flow, std::uint32_t number);

    DatagramPlan plan_;
    PacketPool pool_;
    Counters counters_;
    stack::Interface interface_;
    std::vector<FlowState> flows_;
    DeadlineHeap deadlines_;
    std::vector<std::string> faults_;
    std::uint16_t identification_ = 0;
    std::uint64_t answers_ = 0;
    std::map<std::string, std::uint64_t> by_server_;
};

}  // namespace shunt::sim
