// SPDX-License-Identifier: Apache-2.0
/// A device of a few lines that knows just enough to pass the endpoint cases, and can be told to
/// get one thing wrong: so that each case is seen to pass and to fail without a real device.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "attach/attachment.hh"
#include "cases/registry.hh"
#include "iut/iut.hh"
#include "pdu/build.hh"

namespace conform::tests {

enum class Defect : std::uint8_t {
    None,
    Dead,                    // answers nothing at all
    DiesAtRequest,           // closes the connection to the judge when the request comes
    SynAckNotRepeated,       // EP-1
    SynAckWithNewSequence,   // EP-1
    OffersBeforeRequest,     // EP-4
    AcknowledgesTheRequest,  // EP-4: says something while the connection is migrating
    TcpChecksumWrong,        // TCP-1
    FrameChecksumWrong,      // FRM-4
    ConnectionCutShort,      // FRM-5
    ToControlAddress,        // SYS-2
    ReservedNotZero,         // TCB-2
    SequencesSwapped,        // iss and irs
    WindowNotScaled,         // snd_wnd as it stood in the header
    ScaleFlagsMissing,       // TCB-5
    ClockStandsStill,        // TCP-17
    RequestConsumed,         // SEL-5
    RepetitionWithNewEpoch,  // EP-6
    ForwardsBeforeAnswer,    // EP-9
    OffersForEver,           // EP-9: 0x01 again after 0x03
    HeldPacketsReversed,     // EP-9
    RepeatedAnswerIgnored,   // EP-16
    CopyNotEchoed,           // EP-16, ext
    TtlDecremented,          // EP-21
    PaddingForwarded,        // EP-21: a byte more behind the inner packet's length
    DropsFin,                // EP-20
    SpeaksBeforeRelease,     // EP-13
    AnswersFromOwnAddress,   // EP-24
    SequenceOffByOne,        // EP-25
    TimestampsFromZero,      // EP-25
    SendScaleLost,           // EP-25
    ReceiveScaleLost,        // EP-25
    ResetsTheClient,         // EP-48
};

/// The cases whose one connection the scripted device can follow. All others are seen to pass and
/// to fail on the reference node and its mutants: ctest conformance.selfcheck.
inline std::vector<const CaseInfo*> scripted_cases() {
    constexpr std::string_view kIds[] = {
        "endpoint/handshake/syn-ack-before-migration", "endpoint/connection/well-formed",
        "endpoint/acknowledgement/moves-the-record", "endpoint/forward/client-packet-unchanged",
        "endpoint/target/answers-as-the-service"};
    std::vector<const CaseInfo*> cases;
    for (const CaseInfo& info : all_cases()) {
        if (std::find(std::begin(kIds), std::end(kIds), info.id) != std::end(kIds)) {
            cases.push_back(&info);
        }
    }
    return cases;
}

class ScriptedDevice : public Attachment {
  public:
    ScriptedDevice(const Iut& iut, Defect defect) : iut_(iut), defect_(defect) {}

    Time now() const override { return now_; }
    void send(Link link, ByteView frame) override;
    std::vector<LinkFrame> progress(Time until) override;
    /// When it wants to act next of its own accord.
    Time next_deadline() const { return timers_.empty() ? kNever : timers_.begin()->first; }

  private:
    bool is(Defect defect) const { return defect_ == defect; }
    void at(Duration later, std::function<void()> action);
    void emit(Link link, Bytes frame);
    void emit_segment(const TcpSegment& segment);
    void emit_encapsulated(EncapsulationType type, Bytes payload, SocketAddress destination);
    std::uint32_t clock() const;

    void handle_echo(const IcmpMessage& echo);
    // As home.
    void handle_client(const Ipv4Packet& packet);
    void answer_syn(const TcpSegment& syn);
    void repeat_syn_ack();
    void offer();
    void repeat_offer();
    ControlBlock export_block() const;
    void handle_acknowledgement(const Encapsulation& header);
    void forward(Bytes packet);
    // As target.
    void handle_connection(const Encapsulation& header);
    void acknowledge();
    void handle_forwarded(const TcpSegment& segment);
    void respond(const TcpSegment& request);

    const Iut& iut_;
    Defect defect_;
    Time now_{0};
    std::vector<LinkFrame> output_;
    std::multimap<Time, std::function<void()>> timers_;

    enum class Phase : std::uint8_t { Idle, Handshake, Open, Migrating, Forwarding, Copied, Owner };
    Phase phase_ = Phase::Idle;
    TcpSegment syn_;
    TcpSegment syn_ack_;
    Bytes handshake_ack_;
    std::uint32_t timestamp_recent_ = 0;
    std::uint32_t client_window_ = 0;
    std::vector<Bytes> held_;
    Bytes offered_;
    SocketAddress client_;
    // As target.
    Encapsulation connection_;
    ControlBlock block_;
    SocketAddress service_;
    std::uint32_t next_sequence_ = 0;
    Time imported_{0};
};

}  // namespace conform::tests
