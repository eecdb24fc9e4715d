// SPDX-License-Identifier: Apache-2.0
// Connections that have moved away from their home: their owners are released and told again, their
// clients' packets go on, their records end (docs/protocol/endpoint.md, EP-9, EP-16, EP-18, EP-20,
// EP-23, EP-31).
#pragma once

#include <optional>
#include <vector>

#include "shunt/migrate/endpoint/context.hh"
#include "shunt/migrate/endpoint/messages.hh"

namespace shunt::migrate::endpoint {

class Forwards {
  public:
    Forwards(Context& context, Messages& messages) : context_(context), messages_(messages) {}

    /// The record has just come to Forward: its owner is released, then what was held goes (EP-9).
    void begin(Slot slot, std::vector<Packet> held, Instant now);
    /// A client packet: out as 0x02 (EP-20, EP-21). True if the record's deadline has come nearer
    /// by it; moving away it is noticed when it is due.
    bool forward(Slot slot, Packet packet, Instant now);

    /// A 0x03 from `from` is of just the copy that the record names (EP-16).
    bool is_of_owner(const Record& record, farm::ServerId from,
                     const std::optional<wire::MigrationCopy>& named) const;
    /// Such a 0x03: the release again.
    void release_again(Slot slot, Instant now);
    /// The owner has said that it acts: the answer to a release that is one (BL-14).
    void hear_of_owner(Slot slot, Instant now) {
        use(*context_.tables.at(slot).as<ForwardEntry>(), now);
    }
    /// The record's eager blob is that of this flow, and not answered yet (BL-14).
    bool is_unacknowledged(const Record& record, wire::FlowId flow) const;
    /// The eager blob was refused: nobody has the endpoint any more.
    void handle_refused_eager(Slot slot) {
        context_.counters.add(Counter::ForwardDisowned);
        context_.tables.erase(slot);
    }
    /// What may have come of the eager blob is not known, and will not be by its answer: it is
    /// asked for.
    void lose_answer(Slot slot, Instant now);
    /// 0x10 reason 3 from the owner. Returns the slot if the record was erased by it (EP-23).
    std::optional<Slot> handle_unknown(Slot slot, const wire::MigrationId& unknown, Instant now);
    /// 0x11 from an owner whose endpoint has closed (EP-30): the record swallows what is no SYN for
    /// 2MSL more (EP-31). Returns its slot.
    std::optional<Slot> handle_release(const EncapsulatedFrame& frame, Instant now);
    /// The same, however it was said; `slot`: of the record that it may be about.
    std::optional<Slot> handle_release(std::optional<Slot> slot, farm::ServerId from,
                                       const wire::MigrationCopy& released, Instant now);

    Instant deadline(const ForwardEntry& entry) const;
    /// Erases a record that nobody used for long, if its owner does not say that it is there
    /// (EP-31), for which it is asked if it may be. True: it is gone.
    bool handle_deadline(Slot slot, bool may_ask, Instant now);

  private:
    /// How often an owner is asked, and how long each question waits for its answer.
    static constexpr std::uint8_t kQuestions = 3;
    static constexpr Duration kQuestionPause = Duration::seconds(1);

    static void use(ForwardEntry& entry, Instant now);
    void release_owner(const Record& record, bool repeats, const std::vector<Packet>& held,
                       Instant now);

    Context& context_;
    Messages& messages_;
};

}  // namespace shunt::migrate::endpoint
